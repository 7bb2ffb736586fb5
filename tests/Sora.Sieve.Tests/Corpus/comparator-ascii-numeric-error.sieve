#: capability comparator-i;ascii-numeric
#: case error
#: about it must be required, and knows no substrings
require "relational";
if header :comparator "i;ascii-numeric" "a" "1" { stop; }
#: error 5:23 The comparator "i;ascii-numeric" needs 'require "comparator-i;ascii-numeric";'
