#: capability spamtestplus
#: case error
#: about viruses have no per cent
require ["spamtestplus", "virustest"];
if virustest :percent "1" { stop; }
if spamtest :percent :percent "1" { stop; }
#: error 5:14 The test 'virustest' has no tag ':percent'
#: error 6:22 ':percent' is given twice
