#: capability spamtestplus, relational
#: case edge
#: about what was not checked cannot be counted
require ["spamtestplus", "relational", "fileinto"];
if spamtest :percent :count "eq" "0" { fileinto "unchecked"; }
if spamtest :percent "0" { fileinto "zero"; }
if spamtest "1" { fileinto "one"; }
#: expect fileinto unchecked; fileinto zero
#: host check Spam 0
#: expect fileinto zero; fileinto one
