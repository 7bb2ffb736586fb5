#: capability mailbox, fileinto
#: case normal
#: about into a mailbox if it is there
require ["mailbox", "fileinto"];
if mailboxexists "Work" { fileinto "Work"; } else { fileinto :create "New"; }
#: expect fileinto New :create
#: host mailbox Work
#: expect fileinto Work
