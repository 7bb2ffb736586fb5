"""A session of managesieve (RFC 5804) over STARTTLS, in plain sockets of the standard library: put, list, activate, get, delete, and a script with an error.

Arguments: the ManageSieve port, an address, its password. Ends with an error when something is not as it must be.
"""

import base64
import socket
import ssl
import sys

port, address, password = int(sys.argv[1]), sys.argv[2], sys.argv[3]
script = b'require ["fileinto"];\r\nif header :is "x" "y" { fileinto "Archive"; }\r\n'


class Session:
    def __init__(self):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.file = self.socket.makefile("rb")

    def line(self):
        """A line, with the octets of a literal at its end put in its place."""
        line = self.file.readline()
        assert line.endswith(b"\r\n"), line
        line = line[:-2]
        if line.endswith(b"}") and b"{" in line:
            start = line.rindex(b"{")
            value = self.file.read(int(line[start + 1:-1]))
            return line[:start] + b'"' + value + b'"' + self.line()
        return line

    def reply(self):
        lines = [self.line()]
        while not lines[-1].startswith((b"OK", b"NO", b"BYE")):
            lines.append(self.line())
        return lines

    def command(self, text, *literals):
        data = text.encode()
        for literal in literals:
            data += b" {%d+}\r\n" % len(literal) + literal
        self.socket.sendall(data + b"\r\n")
        return self.reply()

    def start_tls(self):
        assert self.command("STARTTLS")[-1].startswith(b"OK")
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.file.close()
        self.socket = context.wrap_socket(self.socket)
        self.file = self.socket.makefile("rb")
        return self.reply()


session = Session()
greeting = session.reply()
assert b'"STARTTLS"' in greeting and b'"VERSION" "1.0"' in greeting, greeting
capabilities = session.start_tls()
mechanisms = next(line for line in capabilities if line.startswith(b'"SASL" ')).split(b'"')[3].split()
assert b'"STARTTLS"' not in capabilities and b"PLAIN" in mechanisms and b"SCRAM-SHA-1" in mechanisms, capabilities
plain = base64.b64encode(f"\0{address}\0{password}".encode()).decode()
assert session.command(f'AUTHENTICATE "PLAIN" "{plain}"')[-1].startswith(b"OK")
assert b'"OWNER" "%s"' % address.encode() in session.command("CAPABILITY")
assert session.command('HAVESPACE "main" 100')[-1].startswith(b"OK")
assert session.command('PUTSCRIPT "main"', script)[-1].startswith(b"OK")
assert session.command('SETACTIVE "main"')[-1].startswith(b"OK")
assert session.command("LISTSCRIPTS")[0] == b'"main" ACTIVE'
got = session.command('GETSCRIPT "main"')
assert got[0] == b'"' + script + b'"', got
refused = session.command('PUTSCRIPT "main"', b"keep;\r\nnonsense;\r\n")
assert refused[-1].startswith(b"NO") and b"line 2" in refused[-1], refused
assert session.command('DELETESCRIPT "main"')[-1].startswith(b"NO (ACTIVE)")
assert session.command('SETACTIVE ""')[-1].startswith(b"OK")
assert session.command('RENAMESCRIPT "main" "old"')[-1].startswith(b"OK")
assert session.command('DELETESCRIPT "old"')[-1].startswith(b"OK")
assert session.command("LOGOUT")[-1].startswith(b"OK")
