"""The IMAP extensions that Python's imaplib has methods for, and a few by name. Arguments: LMTP, IMAP and IMAPS port, two users, their password,
an administrator with the same one."""
import imaplib
import re
import sys

_, imap_port, _ = (int(text) for text in sys.argv[1:4])
user, friend, password, administrator = sys.argv[4:8]


def ok(answer):
    assert answer[0] == "OK", answer
    return answer[1]


def refused(call, *arguments):
    try:
        answer = call(*arguments)
    except imaplib.IMAP4.error as error:
        return str(error)
    assert answer[0] in ("NO", "BAD"), answer
    return str(answer)


def log_in(name):
    client = imaplib.IMAP4("127.0.0.1", imap_port)
    ok(client.login(name, password))
    return client


def ask(client, command, response, *arguments):
    """A command that imaplib has no method for; what came as that untagged response."""
    imaplib.Commands.setdefault(command, ("AUTH", "SELECTED"))
    client.untagged_responses.clear()
    ok(client._simple_command(command, *arguments))
    return client.untagged_responses.get(response, [])


def message(number, subject, references=""):
    return (
        f"From: {chr(ord('z') - number)} <from{number}@example.org>\r\nTo: bob@example.com\r\nSubject: {subject}\r\n"
        f"Date: Sat, {20 - number} Nov 2026 10:00:00 +0000\r\nMessage-ID: <{number}.ext@example.org>\r\n{references}\r\n{'x' * number}\r\n"
    ).encode()


imap = log_in(user)
other = log_in(friend)
capabilities = ok(imap.capability())[0].decode().split()
for capability in (
    "ACL RIGHTS=texk QUOTA QUOTA=RES-STORAGE QUOTASET SORT THREAD=REFERENCES THREAD=ORDEREDSUBJECT UTF8=ACCEPT NAMESPACE METADATA MOVE UNSELECT IDLE"
).split():
    assert capability in capabilities, capability

# NAMESPACE
namespaces = ok(imap.namespace())[0].decode()
assert namespaces.startswith('(("" "/")) (("'), namespaces
others = re.match(r'\(\("" "/"\)\) \(\("([^"]+)" "/"\)\)', namespaces).group(1)

# ACL: a mailbox of one's own is hidden from others until they get rights
ok(imap.create("Team"))
shared = f'"{others}{user}/Team"'
assert ok(imap.getacl("Team")) == [f"Team {user} lrswipkxtecda".encode()], imap.getacl("Team")
assert ok(imap.myrights("Team")) == [b"Team lrswipkxtecda"]
refused(other.select, shared)
ok(imap.setacl("Team", friend, "lr"))
assert ok(other.list(f'"{others}"', "*")) == [f'(\\HasNoChildren) "/" {shared}'.encode()], other.list(f'"{others}"', "*")
assert ok(other.myrights(shared)) == [f"{shared} lr".encode()], other.myrights(shared)
ok(imap.append("Team", None, None, message(1, "shared")))
try:
    other.select(shared)
    assert False, "without a right to change something a mailbox is read-only"
except imaplib.IMAP4.readonly:
    pass
assert ok(other.select(shared, readonly=True)) == [b"1"]
ok(other.unselect())
assert "NOPERM" in refused(other.append, shared, None, None, message(2, "no"))
assert "NOPERM" in refused(other.setacl, shared, friend, "+a")
ok(imap.setacl("Team", friend, "+ws"))
ok(imap.setacl("Team", "-" + friend, "s"))
assert sorted(ok(imap.getacl("Team"))[0].decode().split()[1:]) == sorted([user, "lrswipkxtecda", friend, "lrsw", "-" + friend, "s"]), imap.getacl("Team")
assert ok(other.myrights(shared))[0].endswith(b" lrw")
ok(other.select(shared))
assert b"\\Flagged" in ok(other.store("1", "+FLAGS", r"(\Flagged)"))[0]
assert "NOPERM" in refused(other.store, "1", "+FLAGS", r"(\Seen)")
ok(other.unselect())
assert b"l r s w i p k x t e c d a" in ask(imap, "LISTRIGHTS", "LISTRIGHTS", "Team", friend)[0]
ok(imap.deleteacl("Team", friend))
ok(imap.deleteacl("Team", "-" + friend))
assert ok(imap.getacl("Team")) == [f"Team {user} lrswipkxtecda".encode()]
refused(other.select, shared)

# QUOTA: the user asks, the administrator sets
admin = log_in(administrator)
root = f'"#user/{user}"'
roots = ok(imap.getquotaroot("INBOX"))
assert roots[0] == [b'INBOX ""'] and len(roots[1]) == 1, roots
assert re.fullmatch(rb'"" \(MAILBOX 7 \d+\)', roots[1][0]), roots
refused(imap.setquota, '""', "(STORAGE 1)")
assert ok(admin.setquota(root, "(STORAGE 5000 MESSAGE 3)")) == [f"#user/{user} (STORAGE 1 5000 MESSAGE 1 3)".encode()]
assert ok(imap.getquota('""')) == [b'"" (STORAGE 1 5000 MESSAGE 1 3)']
ok(imap.append("INBOX", None, None, message(2, "fits")))
ok(imap.append("INBOX", None, None, message(3, "fits")))
assert "OVERQUOTA" in refused(imap.append, "INBOX", None, None, message(4, "does not"))
assert re.fullmatch(rf"#user/{user} \(MAILBOX 7 \d+\)", ok(admin.setquota(root, "()"))[0].decode()), admin.getquota(root)
assert b"DELETED 0 DELETED-STORAGE 0" in ok(imap.status("INBOX", "(DELETED DELETED-STORAGE)"))[0]

# SORT and THREAD
ok(imap.create("Sorted"))
for number, subject, references in (
    (1, "beta", ""), (2, "Re: alpha", "References: <5.ext@example.org>\r\n"), (3, "=?utf-8?q?=C3=84pfel?=", ""), (4, "Fwd: beta", ""), (5, "alpha", ""),
):
    arrival = f'"0{number}-Jan-2025 12:00:00 +0000"'
    ok(imap.append("Sorted", r"(\Seen)" if number == 3 else None, arrival, message(number, subject, references)))
assert ok(imap.select("Sorted")) == [b"5"]
for criteria, order in (
    ("(ARRIVAL)", "1 2 3 4 5"), ("(REVERSE ARRIVAL)", "5 4 3 2 1"), ("(DATE)", "5 4 3 2 1"), ("(FROM)", "1 2 3 4 5"), ("(SIZE)", "1 5 4 3 2"),
    ("(SUBJECT)", "2 5 3 1 4"), ("(SUBJECT DATE)", "5 2 3 4 1"), ("(DISPLAYFROM)", "5 4 3 2 1"),
):
    found = ok(imap.sort(criteria, "UTF-8", "ALL"))[0].decode()
    assert found == order, (criteria, found)
assert ok(imap.sort("(ARRIVAL)", "UTF-8", "UNSEEN SUBJECT alpha")) == [b"2 5"]
assert ok(imap.uid("SORT", "(REVERSE ARRIVAL)", "US-ASCII", "1:3")) == [b"3 2 1"]
assert ok(imap.thread("REFERENCES", "UTF-8", "ALL")) == [b"(5 2)(3)(1 4)"], imap.thread("REFERENCES", "UTF-8", "ALL")
assert ok(imap.thread("ORDEREDSUBJECT", "UTF-8", "ALL")) == [b"(5 2)(4 1)(3)"], imap.thread("ORDEREDSUBJECT", "UTF-8", "ALL")
refused(imap.sort, "(ARRIVAL)", "X-UNKNOWN", "ALL")
refused(imap.thread, "NOSUCH", "UTF-8", "ALL")

# MOVE and UNSELECT
ok(imap.store("1", "+FLAGS", r"(\Deleted)"))
moved = ask(imap, "MOVE", "OK", "2:3", "Archive")
assert any(b"COPYUID" in text for text in moved) or imap.untagged_responses.get("COPYUID"), imap.untagged_responses
assert imap.untagged_responses["EXPUNGE"] == [b"2", b"2"], imap.untagged_responses
assert b"MESSAGES 2" in ok(imap.status("Archive", "(MESSAGES)"))[0]
ok(imap.unselect())
assert ok(imap.select("Sorted")) == [b"3"], "UNSELECT expunges nothing"
ok(imap.close())
assert ok(imap.select("Sorted")) == [b"2"], "CLOSE does"
ok(imap.unselect())

# METADATA
ask(imap, "SETMETADATA", "METADATA", "Sorted", '(/private/comment "mine" /shared/comment "ours")')
assert ask(imap, "GETMETADATA", "METADATA", "Sorted", "/private/comment") == [b'Sorted (/private/comment "mine")'], imap.untagged_responses
assert ask(imap, "GETMETADATA", "METADATA", "(DEPTH infinity)", "Sorted", "(/shared /private)")[0].count(b"/comment") == 2
ask(imap, "SETMETADATA", "METADATA", "Sorted", "(/private/comment NIL)")
assert ask(imap, "GETMETADATA", "METADATA", "Sorted", "/private/comment") == [b"Sorted (/private/comment NIL)"], imap.untagged_responses
refused(imap._simple_command, "SETMETADATA", '""', '(/shared/comment "not by users")')
ask(admin, "SETMETADATA", "METADATA", '""', '(/shared/comment "by the administrator")')
assert b"by the administrator" in ask(imap, "GETMETADATA", "METADATA", '""', "/shared/comment")[0]
ask(admin, "SETMETADATA", "METADATA", '""', "(/shared/comment NIL)")

# UTF8=ACCEPT: names and headers as they are
ok(imap.enable("UTF8=ACCEPT"))
assert imap.utf8_enabled
ok(imap.create('"Grüße/日本"'))
assert ok(imap.list('""', '"Grüße*"'))[-1] == '(\\HasNoChildren) "/" "Grüße/日本"'.encode(), imap.list('""', '"Grüße*"')
assert any("Gr&APwA3w-e/&ZeVnLA-".encode() in line for line in ok(log_in(user).list())), "others see the same name encoded"
text = "From: Jürgen <jürgen@example.org>\r\nSubject: Grüße an 日本\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\nHallo\r\n".encode()
tag = imap._new_tag()  # imaplib's own append writes the label into the message
imap.send(tag + ' APPEND "Grüße/日本" (\\Seen) UTF8 (~{'.encode() + b"%d+}\r\n" % len(text) + text + b")\r\n")
line = imap.readline()
assert line.startswith(tag + b" OK [APPENDUID "), line
assert ok(imap.select('"Grüße/日本"')) == [b"1"]
assert ok(imap.fetch("1", "(RFC822)"))[0][1] == text
assert "Grüße an 日本".encode() in ok(imap.fetch("1", "(ENVELOPE)"))[0]
assert ok(imap.search(None, 'SUBJECT "日本" FROM "jürgen@"')) == [b"1"]
refused(imap.search, "UTF-8", "ALL")
assert ok(imap.sort("(DATE)", "UTF-8", 'SUBJECT "日本"')) == [b"1"], "SORT cannot do without a charset"
assert ok(imap.thread("REFERENCES", "UTF-8", 'SUBJECT "日本"')) == [b"(1)"]
ok(imap.rename('"Grüße/日本"', '"Weg"'))

for client in (imap, other, admin):
    assert client.logout()[0] == "BYE"
