#: capability vnd.dovecot.environment
#: case edge
#: about dashes are written as underscores, what is unknown is empty, and environment comes with it
require ["vnd.dovecot.environment", "variables", "vnd.dovecot.debug"];
if environment "vnd.dovecot.default-mailbox" "INBOX" { debug_log "[${env.vnd.dovecot.default_mailbox}${env.nothing}]"; }
#: host environment vnd.dovecot.default-mailbox INBOX
#: expect (keep)
#: log [INBOX]
