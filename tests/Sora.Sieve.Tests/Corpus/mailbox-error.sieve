#: capability mailbox
#: case error
#: about keep creates nothing
require ["mailbox", "fileinto"];
if mailboxexists { stop; }
if mailboxexists :create "A" { stop; }
keep :create;
fileinto :create :create "A";
#: error 5:4 The test 'mailboxexists' lacks its mailbox names
#: error 6:18 The test 'mailboxexists' has no tag ':create'
#: error 7:6 The command 'keep' has no tag ':create'
#: error 8:18 ':create' is given twice
