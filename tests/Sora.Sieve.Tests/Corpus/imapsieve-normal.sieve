#: capability imapsieve, environment
#: case normal
#: about what is put into a mailbox is reported
require ["imapsieve", "environment", "copy"];
if allof (environment "imap.cause" "COPY", environment "imap.mailbox" "Spam") { redirect :copy "report@example.com"; }
#: event Copy mailbox=Spam user=joe email=joe@example.com
#: expect redirect report@example.com :copy; (keep)
#: event Append mailbox=Spam
#: expect (keep)
