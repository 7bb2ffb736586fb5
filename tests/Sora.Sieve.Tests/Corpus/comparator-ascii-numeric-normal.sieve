#: capability comparator-i;ascii-numeric, relational
#: case normal
#: about numbers are compared as numbers
require ["relational", "comparator-i;ascii-numeric"];
if header :value "ge" :comparator "i;ascii-numeric" "X-Score" "10" { discard; }
#: message
#| X-Score: 9
#|
#: expect (keep)
#: message
#| X-Score: 0010 points
#|
#: expect discard
