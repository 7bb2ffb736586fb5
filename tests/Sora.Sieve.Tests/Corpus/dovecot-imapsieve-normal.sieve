#: capability vnd.dovecot.imapsieve, environment
#: case normal
#: about what leaves Spam, but not for Trash, is ham
require ["vnd.dovecot.imapsieve", "environment", "copy"];
if environment "vnd.dovecot.mailbox-to" "Trash" { stop; }
if environment "vnd.dovecot.mailbox-from" "Spam" { redirect :copy "ham@example.com"; }
#: event Copy mailbox=INBOX from=Spam
#: expect redirect ham@example.com :copy; (keep)
#: event Copy mailbox=Trash from=Spam
#: expect (keep)
#: event Copy mailbox=INBOX from=Archive
#: expect (keep)
