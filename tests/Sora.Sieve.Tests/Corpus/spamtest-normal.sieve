#: capability spamtest, relational, comparator-i;ascii-numeric
#: case normal
#: about spam on a scale of ten
require ["spamtest", "relational", "comparator-i;ascii-numeric", "fileinto"];
if spamtest :value "ge" :comparator "i;ascii-numeric" "7" { fileinto "Junk"; }
#: host check Spam 0.8
#: expect fileinto Junk
#: host check Spam 0.2
#: expect (keep)
