#: capability comparator-i;octet
#: case error
#: about the name of a comparator is a string, and one of those there are
if header :comparator ["i;octet"] "a" "b" { stop; }
if header :comparator "i;nothing" "a" "b" { stop; }
if header :comparator :is "a" "b" { stop; }
if header :comparator "i;octet" :comparator "i;octet" "a" "b" { stop; }
#: error 4:23 A value stands behind ':comparator'
#: error 5:23 There is no comparator "i;nothing"
#: error 6:23 A value stands behind ':comparator'
#: error 7:33 ':comparator' is given twice
