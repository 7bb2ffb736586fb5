#: capability comparator-i;ascii-casemap
#: case normal
#: about the default comparator
require "comparator-i;ascii-casemap";
if allof (header :comparator "i;ascii-casemap" :is "Subject" "I HAVE a present FOR you",
          header :is "Subject" "i have a present for you") { discard; }
#: expect discard
