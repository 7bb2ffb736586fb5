#: capability fcc
#: case error
#: about it belongs to what is sent
require ["fcc", "enotify", "reject", "mailbox"];
reject :fcc "Sent" "no";
notify :create "mailto:a@b.example";
notify :fcc "Sent" :flags "x" "mailto:a@b.example";
notify :fcc ["Sent"] "mailto:a@b.example";
#: error 5:8 The command 'reject' has no tag ':fcc'
#: error 6:8 ':create' only stands with ':fcc' here
#: error 7:20 ':flags' needs 'require "imap4flags";' at the beginning
#: error 8:13 A value stands behind ':fcc'
