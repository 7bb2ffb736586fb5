"""What Python's imaplib does in a session. Arguments: LMTP, IMAP and IMAPS port, two users, their password."""
import datetime
import imaplib
import ssl
import sys

_, imap_port, imaps_port = (int(text) for text in sys.argv[1:4])
user, _, password = sys.argv[4:7]
MESSAGE = (
    b"From: Ann <ann@example.org>\r\nTo: bob@example.com\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nDate: Sat, 21 Nov 2026 10:00:00 +0100\r\n"
    b"Message-ID: <imaplib@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nplain text\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>html</p>\r\n--b--\r\n"
)


def ok(answer):
    assert answer[0] == "OK", answer
    return answer[1]


def refused(call, *arguments):
    try:
        answer = call(*arguments)
    except imaplib.IMAP4.error:
        return
    assert answer[0] in ("NO", "BAD"), answer


def starttls():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


refused(imaplib.IMAP4("127.0.0.1", imap_port).login, user, "wrong")

imap = imaplib.IMAP4("127.0.0.1", imap_port)
assert "STARTTLS" in imap.capabilities, imap.capabilities
ok(imap.starttls(starttls()))
assert "STARTTLS" not in imap.capabilities, imap.capabilities
ok(imap.login(user, password))
names = [line.decode().split(' "/" ')[1].strip('"') for line in ok(imap.list())]
assert {"INBOX", "Sent", "Drafts", "Archive", "Junk", "Trash"} <= set(names), names
ok(imap.create("Work/2026"))
ok(imap.subscribe("Work/2026"))
assert any(b"Work/2026" in line for line in ok(imap.lsub())), imap.lsub()
ok(imap.namespace())
refused(imap.create, "Work/2026")
refused(imap.select, "Nowhere")

assert ok(imap.select("INBOX")) == [b"0"]
when = datetime.datetime(2024, 2, 29, 12, 34, 56, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
for number in range(3):
    ok(imap.append("INBOX", r"(\Seen $Own)" if number == 0 else None, when, MESSAGE))
ok(imap.noop())
assert imap.response("EXISTS")[1][-1] == b"3"

assert ok(imap.search(None, "ALL")) == [b"1 2 3"]
assert ok(imap.search(None, "SEEN")) == [b"1"]
assert ok(imap.search(None, "KEYWORD", "$Own")) == [b"1"]
assert ok(imap.search(None, 'SUBJECT "gr"')) == [b"1 2 3"]
assert ok(imap.search("UTF-8", "BODY", "html")) == [b"1 2 3"]
assert ok(imap.search(None, "ON", "29-Feb-2024")) == [b"1 2 3"]
assert ok(imap.search(None, "(NOT SEEN)", "2:*")) == [b"2 3"]
assert ok(imap.search(None, "TEXT nothing-like-this")) == [b""]
refused(imap.search, None, "NO-SUCH-KEY")

data = ok(imap.fetch("1", "(FLAGS INTERNALDATE RFC822.SIZE UID)"))[0]
assert b"RFC822.SIZE %d" % len(MESSAGE) in data, data
assert set(imaplib.ParseFlags(data)) >= {b"\\Seen", b"$Own"}, data
moment = imaplib.Internaldate2tuple(data)
assert moment is not None and abs(__import__("time").mktime(moment) - when.timestamp()) < 1, data
assert ok(imap.fetch("2", "(RFC822.HEADER)"))[0][1] == MESSAGE[: MESSAGE.index(b"\r\n\r\n") + 4]
assert ok(imap.fetch("2", "(BODY.PEEK[1])"))[0][1] == b"plain text"
assert ok(imap.fetch("2", "(BODY.PEEK[2.MIME])"))[0][1] == b"Content-Type: text/html\r\n\r\n"
assert ok(imap.fetch("2", "(BODY.PEEK[TEXT]<3.10>)"))[0][1] == MESSAGE[MESSAGE.index(b"\r\n\r\n") + 7 :][:10]
structure = ok(imap.fetch("2", "(BODYSTRUCTURE)"))[0]
assert b'"ALTERNATIVE"' in structure.upper(), structure
envelope = ok(imap.fetch("2", "(ENVELOPE)"))[0]
assert b'"<imaplib@example.org>"' in envelope and b'("Ann" NIL "ann" "example.org")' in envelope, envelope
assert b"\\Seen" not in ok(imap.fetch("2", "(FLAGS)"))[0]
assert ok(imap.fetch("2", "(RFC822)"))[0][1] == MESSAGE
assert b"\\Seen" in ok(imap.fetch("2", "(FLAGS)"))[0]
refused(imap.fetch, "99", "(FLAGS)")

assert b"$Later" in ok(imap.store("1:2", "+FLAGS", r"(\Flagged $Later)"))[0]
assert b"$Later" not in ok(imap.store("1", "-FLAGS", "$Later"))[0]
assert b"FLAGS (\\Answered)" in ok(imap.store("3", "FLAGS", r"(\Answered)"))[0].replace(b" \\Recent", b"")

ok(imap.copy("1", "Work/2026"))
refused(imap.copy, "1", "Nowhere")
ok(imap.uid("MOVE", "2", "Work/2026"))
assert ok(imap.search(None, "ALL")) == [b"1 2"]
assert b"MESSAGES 2" in ok(imap.status("Work/2026", "(MESSAGES UIDNEXT UIDVALIDITY UNSEEN)"))[0]
ok(imap.store("1", "+FLAGS", r"\Deleted"))
imap.response("EXPUNGE")  # the library keeps those of MOVE
assert ok(imap.expunge()) == [b"1"]
ok(imap.rename("Work/2026", "Old"))
ok(imap.delete("Old"))

# IDLE by hand, as imaplib has none
other = imaplib.IMAP4_SSL("127.0.0.1", imaps_port, ssl_context=starttls())
other.login(user, password)
imap.send(b"idle1 IDLE\r\n")
line = imap.readline()
assert line.startswith(b"+ "), line
ok(other.append("INBOX", None, None, MESSAGE))
line = imap.readline()
while not line.endswith(b"EXISTS\r\n"):
    assert line.startswith(b"* "), line
    line = imap.readline()
assert line == b"* 2 EXISTS\r\n", line
imap.send(b"DONE\r\n")
line = imap.readline()
while line.startswith(b"* "):
    line = imap.readline()
assert line.startswith(b"idle1 OK"), line
ok(imap.close())
assert other.logout()[0] == "BYE"
assert imap.logout()[0] == "BYE"
