#: capability mailboxid
#: case error
#: about an id or a special use
require ["mailboxid", "fileinto", "special-use"];
fileinto :mailboxid "F1" :specialuse "\\Junk" "x";
fileinto :mailboxid ["F1"] "x";
if mailboxidexists { stop; }
#: error 5:26 ':specialuse' and ':mailboxid' exclude each other
#: error 6:21 A value stands behind ':mailboxid'
#: error 7:4 The test 'mailboxidexists' lacks its mailbox ids
