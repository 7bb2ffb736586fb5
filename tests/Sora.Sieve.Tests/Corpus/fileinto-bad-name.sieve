#: capability fileinto
#: case error
#: about a name that no mailbox can have keeps the message
require "fileinto";
discard;
fileinto "a//b";
#: expect error in line 6: fileinto: "a//b" cannot be a mailbox: Mailbox name has an empty level; (keep)
