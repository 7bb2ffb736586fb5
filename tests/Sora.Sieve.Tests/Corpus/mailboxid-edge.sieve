#: capability mailboxid, variables
#: case edge
#: about ids in variables, and all of several
require ["mailboxid", "fileinto", "variables"];
set "id" "F1";
if mailboxidexists ["${id}", "F2"] { fileinto :mailboxid "${id}" "x"; }
if mailboxidexists ["F1", "F3"] { fileinto "never"; }
#: host mailbox-id F1
#: host mailbox-id F2
#: expect fileinto x :mailboxid F1
