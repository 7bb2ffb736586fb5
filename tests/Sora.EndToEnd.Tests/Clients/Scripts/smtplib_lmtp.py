"""Python's smtplib as an LMTP client, and BDAT over a bare socket. Arguments: LMTP, IMAP and IMAPS port, two users, their password."""
import imaplib
import smtplib
import socket
import ssl
import sys

lmtp_port, imap_port, _ = (int(text) for text in sys.argv[1:4])
first, second, password = sys.argv[4:7]


def mailbox(user):
    imap = imaplib.IMAP4("127.0.0.1", imap_port)
    imap.login(user, password)
    imap.select("INBOX", readonly=True)
    count = len(imap.search(None, "ALL")[1][0].split())
    messages = [imap.fetch(str(number), "(BODY.PEEK[])")[1][0][1] for number in range(1, count + 1)]
    imap.logout()
    return messages


with smtplib.LMTP("127.0.0.1", lmtp_port) as lmtp:
    lmtp.ehlo()
    for extension in ("pipelining", "enhancedstatuscodes", "8bitmime", "size", "smtputf8", "chunking", "starttls"):
        assert lmtp.has_extn(extension), (extension, lmtp.esmtp_features)
    # The library's sendmail reads one reply after the data, LMTP has one for each recipient: the steps one by one
    assert lmtp.mail("a@example.org", ["SIZE=30", "BODY=8BITMIME"])[0] == 250
    codes = [lmtp.rcpt(user)[0] for user in (first, "nobody@example.com", second)]
    assert codes == [250, 550, 250], codes
    assert lmtp.data(b"Subject: one\r\n\r\n.dot\r\n")[0] == 250
    assert lmtp.getreply()[0] == 250
    assert not lmtp.sendmail("", [first], b"Subject: null sender\r\n\r\n")
    assert lmtp.verify("anybody")[0] in (250, 252, 550), "VRFY"
    assert lmtp.noop()[0] == 250 and lmtp.rset()[0] == 250

context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
with smtplib.LMTP("127.0.0.1", lmtp_port) as lmtp:
    assert lmtp.starttls(context=context)[0] == 220
    lmtp.ehlo()
    assert not lmtp.has_extn("starttls"), lmtp.esmtp_features
    assert not lmtp.sendmail("a@example.org", [second], b"Subject: over TLS\r\n\r\n")

assert len(mailbox(first)) == 2 and len(mailbox(second)) == 2
assert mailbox(second)[0].endswith(b"Subject: one\r\n\r\n.dot\r\n")
assert mailbox(first)[1].startswith(b"Return-Path: <>\r\n")

# Everything in one piece: chunks that cut lines in two, a last one of nothing, and one reply for each accepted recipient
body = b"Subject: chunks\r\n\r\n.\r\nhalf a line and\r\nthe rest without an end"
chunks = [body[:9], body[9:30], body[30:]]
session = b"LHLO here\r\nMAIL FROM:<a@example.org> BODY=8BITMIME\r\n"
session += b"RCPT TO:<%s>\r\nRCPT TO:<nobody@example.com>\r\nRCPT TO:<%s>\r\n" % (first.encode(), second.encode())
session += b"".join(b"BDAT %d\r\n%s" % (len(chunk), chunk) for chunk in chunks) + b"BDAT 0 LAST\r\n"
session += b"MAIL FROM:<a@example.org>\r\nBDAT 4 LAST\r\nabcdNOOP\r\nQUIT\r\n"
with socket.create_connection(("127.0.0.1", lmtp_port)) as connection:
    connection.sendall(session)
    answer = connection.makefile("rb").read()
codes = [line[:3].decode() for line in answer.split(b"\r\n") if line[3:4] == b" "]
assert codes[:6] == ["220", "250", "250", "250", "550", "250"], answer
assert codes[6:11] == ["250", "250", "250", "250", "250"], answer
# A BDAT without a recipient is refused, and its octets are no commands
assert codes[11] == "250", answer
assert codes[12] in ("503", "554"), answer
assert codes[13:] == ["250", "221"], answer
for user in (first, second):
    assert mailbox(user)[-1].endswith(body) or mailbox(user)[-1].endswith(body + b"\r\n"), mailbox(user)[-1]
