#: capability spamtest
#: case edge
#: about what was not checked is 0, what is clean is 1
require ["spamtest", "fileinto"];
if spamtest "0" { fileinto "unchecked"; }
if spamtest "1" { fileinto "clean"; }
if spamtest "10" { fileinto "spam"; }
#: expect fileinto unchecked
#: host check Spam 0
#: expect fileinto clean
#: host check Spam 1
#: expect fileinto spam
