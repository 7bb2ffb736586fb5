#: capability comparator-i;unicode-casemap
#: case normal
#: about letters of all scripts without their case
require "comparator-i;unicode-casemap";
if header :comparator "i;unicode-casemap" :contains "Subject" "ΚΑΛΗΜΈΡΑ" { discard; }
#: message
#| Subject: Καλημέρα σε όλους
#|
#: expect discard
