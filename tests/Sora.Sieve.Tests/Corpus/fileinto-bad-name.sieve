#: capability fileinto
#: case error
#: about a name that no mailbox can have keeps the message
#: warning 7:10 "a//b" cannot be a mailbox: Mailbox name has an empty level
require "fileinto";
discard;
fileinto "a//b";
#: expect error in line 7: fileinto: "a//b" cannot be a mailbox: Mailbox name has an empty level; (keep)
