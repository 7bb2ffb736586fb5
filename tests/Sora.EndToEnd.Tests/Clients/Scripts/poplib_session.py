"""A session of POP3 with poplib of the standard library: in the clear, over STLS, and over TLS from the first byte.

Arguments: the POP3 port, the POP3S port, an address with three messages, its password. Ends with an error when something is not as it must be.
"""

import poplib
import ssl
import sys

port, tls_port, address, password = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
trusting = ssl.create_default_context()
trusting.check_hostname = False
trusting.verify_mode = ssl.CERT_NONE


def login(client):
    assert client.user(address).startswith(b"+OK")
    assert client.pass_(password).startswith(b"+OK")
    return client


client = poplib.POP3("127.0.0.1", port, timeout=60)
capabilities = client.capa()
for name in ["TOP", "UIDL", "USER", "RESP-CODES", "PIPELINING", "STLS", "AUTH-RESP-CODE", "LANG"]:
    assert name in capabilities, (name, capabilities)
assert {"PLAIN", "SCRAM-SHA-256"} <= set(capabilities["SASL"]) and capabilities["UTF8"] == ["USER"] and capabilities["EXPIRE"] == ["NEVER"], capabilities
client.stls(context=trusting)
assert "STLS" not in client.capa()
client.utf8()
login(client)

# While it is in use nobody else gets it
other = poplib.POP3("127.0.0.1", port, timeout=60)
other.user(address)
try:
    other.pass_(password)
    raise SystemExit("the maildrop was given twice")
except poplib.error_proto as error:
    assert b"[IN-USE]" in error.args[0], error
other.quit()

count, octets = client.stat()
assert count == 3
_, lines, _ = client.list()
sizes = [int(line.split()[1]) for line in lines]
assert sum(sizes) == octets
for number in range(1, 4):
    answer, lines, received = client.retr(number)
    assert received == sizes[number - 1] == sum(len(line) + 2 for line in lines), (answer, received)
    assert int(answer.split()[1]) == received
    assert b"." in lines and any(line.startswith(b".A line") for line in lines)
    _, top, _ = client.top(number, 2)
    assert top == lines[:lines.index(b"") + 3]
ids = client.uidl()[1]
assert len(set(line.split()[1] for line in ids)) == 3
assert client.uidl(2).split()[2] == ids[1].split()[1]
client.dele(2)
assert client.stat() == (2, octets - sizes[1])
client.rset()
assert client.stat() == (3, octets)
client.noop()
client.dele(1)
client.close()  # without QUIT: nothing is deleted

client = login(poplib.POP3_SSL("127.0.0.1", tls_port, timeout=60, context=trusting))
assert client.stat() == (3, octets)
client.dele(1)
client.dele(3)
client.quit()

client = login(poplib.POP3("127.0.0.1", port, timeout=60))
assert [line.split()[1] for line in client.uidl()[1]] == [ids[1].split()[1]]
client.quit()
