#: capability comparator-i;unicode-casemap
#: case error
#: about it must be required
if header :comparator "i;unicode-casemap" "a" "b" { stop; }
#: error 4:23 The comparator "i;unicode-casemap" needs 'require "comparator-i;unicode-casemap";'
