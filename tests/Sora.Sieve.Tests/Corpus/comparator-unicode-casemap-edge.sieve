#: capability comparator-i;unicode-casemap
#: case edge
#: about composed and decomposed letters are the same, and a question mark is one of them
require "comparator-i;unicode-casemap";
if header :comparator "i;unicode-casemap" :is "X" "É" { redirect "same@example.com"; }
if header :comparator "i;unicode-casemap" :matches "Y" "a?b" { redirect "one@example.com"; }
#: message
#| X: é
#| Y: aßb
#|
#: expect redirect same@example.com; redirect one@example.com
