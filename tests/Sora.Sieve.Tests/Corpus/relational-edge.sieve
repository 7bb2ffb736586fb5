#: capability relational
#: case edge
#: about without numbers the order is that of the alphabet, and nothing to count is zero
require "relational";
if header :value "lt" "X" "b" { redirect "lt@example.com"; }
if header :count "eq" "Y" "0" { redirect "none@example.com"; }
#: message
#| X: Apple
#|
#: expect redirect lt@example.com; redirect none@example.com
