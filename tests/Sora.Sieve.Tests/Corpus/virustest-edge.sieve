#: capability virustest, relational, comparator-i;ascii-numeric
#: case edge
#: about from not checked to not cured
require ["virustest", "relational", "comparator-i;ascii-numeric", "fileinto"];
if virustest "0" { fileinto "unchecked"; }
if virustest :value "gt" :comparator "i;ascii-numeric" "3" { fileinto "bad"; }
if virustest "1" { fileinto "clean"; }
#: expect fileinto unchecked
#: host check Virus 0
#: expect fileinto clean
#: host check Virus 0.75
#: expect fileinto bad
