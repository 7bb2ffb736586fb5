#: capability comparator-i;ascii-numeric
#: case edge
#: about what begins with no digit is infinite, and numbers may have any length
require ["relational", "comparator-i;ascii-numeric"];
if header :value "gt" :comparator "i;ascii-numeric" "X" "99999999999999999999999999999" { discard; }
#: message
#| X: -1
#|
#: expect discard
#: message
#| X: 100000000000000000000000000000
#|
#: expect discard
#: message
#| X: 99999999999999999999999999999
#|
#: expect (keep)
