#: capability mailbox
#: case edge
#: about all of several mailboxes, and INBOX
require ["mailbox", "fileinto"];
if mailboxexists ["INBOX", "A"] { fileinto "both"; }
if mailboxexists ["A", "B"] { fileinto "never"; }
if not mailboxexists "" { fileinto "empty"; }
#: host mailbox A
#: expect fileinto both; fileinto empty
