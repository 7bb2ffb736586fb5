#: capability comparator-i;octet
#: case edge
#: about a question mark is one octet
require "comparator-i;octet";
if header :comparator "i;octet" :matches "X" "a??b" { discard; }
#: message
#| X: aéb
#|
#: expect discard
#: message
#| X: aeb
#|
#: expect (keep)
