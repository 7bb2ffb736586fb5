#: capability comparator-i;octet
#: case normal
#: about i;octet knows the case of letters
if header :comparator "i;octet" :contains "Subject" "PRESENT" { discard; }
if header :comparator "i;octet" :contains "Subject" "present" { keep; }
#: expect keep
