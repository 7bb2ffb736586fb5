#: capability vnd.dovecot.imapsieve
#: case error
#: about a script of events does not run by FILTER
require ["vnd.dovecot.imapsieve"];
discard;
#: event Filter mailbox=INBOX
#: expect error in line 1: 'vnd.dovecot.imapsieve' is for events in IMAP, which FILTER is not; (keep)
