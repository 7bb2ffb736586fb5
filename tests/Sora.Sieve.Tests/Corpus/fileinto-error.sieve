#: capability fileinto
#: case error
#: about a mailbox is one string, and it must be required
require "fileinto";
fileinto;
fileinto ["A", "B"];
fileinto "A" "B";
fileinto :nothing "A";
fileinto 3;
#: error 5:1 The command 'fileinto' lacks its mailbox
#: error 6:10 The mailbox of the command 'fileinto' is a string
#: error 7:14 The command 'fileinto' takes 1 argument behind its tags
#: error 8:10 The command 'fileinto' has no tag ':nothing'
#: error 9:10 The mailbox of the command 'fileinto' is a string
