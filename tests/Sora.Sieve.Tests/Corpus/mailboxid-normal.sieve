#: capability mailboxid
#: case normal
#: about a mailbox by its id, whatever its name is now
require ["mailboxid", "fileinto"];
fileinto :mailboxid "F123" "Old name";
#: expect fileinto Old name :mailboxid F123
