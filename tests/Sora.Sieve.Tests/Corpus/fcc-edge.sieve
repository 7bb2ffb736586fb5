#: capability fcc, enotify
#: case edge
#: about with all that fileinto has
require ["fcc", "enotify", "mailbox", "imap4flags", "special-use"];
notify :specialuse "\\Sent" :create :flags "\\Seen" :fcc "Out" "mailto:a@b.example";
#: expect notify mailto:a@b.example; (keep)
#: has Mailbox = Out, Create = True
#: has SpecialUse = \Sent
