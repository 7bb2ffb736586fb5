#: capability comparator-i;ascii-numeric
#: case error
#: about a comparator without substrings and :contains do not go together
require "comparator-i;ascii-numeric";
if header :contains :comparator "i;ascii-numeric" "a" "1" { stop; }
if header :matches :comparator "i;ascii-numeric" "a" "1*" { stop; }
#: error 5:4 The comparator 'i;ascii-numeric' knows no substrings, so ':contains' cannot be used with it
#: error 6:4 The comparator 'i;ascii-numeric' knows no substrings, so ':matches' cannot be used with it
