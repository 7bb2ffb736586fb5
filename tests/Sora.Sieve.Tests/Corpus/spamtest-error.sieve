#: capability spamtest
#: case error
#: about per cent is another extension
require "spamtest";
if spamtest :percent "1" { stop; }
if spamtest { stop; }
if spamtest "1" "2" { stop; }
#: error 5:13 ':percent' needs 'require "spamtestplus";'
#: error 6:4 The test 'spamtest' lacks its value
#: error 7:17 The test 'spamtest' takes 1 argument behind its tags
