#: capability vnd.dovecot.imapsieve, vnd.dovecot.environment
#: case edge
#: about only copies have a source; a script on the original of one is told where the copy is
require ["vnd.dovecot.imapsieve", "vnd.dovecot.environment", "variables", "fileinto", "copy"];
if environment :contains "vnd.dovecot.mailbox-from" "" {
    fileinto :copy "${env.imap.mailbox}-${env.vnd.dovecot.mailbox_from}-${env.vnd.dovecot.mailbox_to}";
}
#: event Copy mailbox=INBOX from=INBOX to=Spam
#: expect fileinto INBOX-INBOX-Spam :copy []; (keep)
#: event Append mailbox=INBOX
#: expect (keep)
#: event Flag mailbox=INBOX
#: expect (keep)
