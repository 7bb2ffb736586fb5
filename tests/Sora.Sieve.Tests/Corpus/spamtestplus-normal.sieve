#: capability spamtestplus
#: case normal
#: about spam in per cent
require ["spamtestplus", "relational", "comparator-i;ascii-numeric", "fileinto"];
if spamtest :percent :value "gt" :comparator "i;ascii-numeric" "90" { fileinto "Junk"; }
#: host check Spam 0.95
#: expect fileinto Junk
