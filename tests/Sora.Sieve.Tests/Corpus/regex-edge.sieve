#: capability regex
#: case edge
#: about classes, bounds, other comparators, and a pattern that would take others forever
require ["regex", "fileinto"];
if header :regex :comparator "i;octet" "X" "^[[:upper:]]{3}$" { fileinto "upper"; }
if header :regex "Y" "^(a|aa|aaa)*b$" { fileinto "never"; }
if header :regex "X" "^.{3}$" { fileinto "three"; }
if header :regex "Z" "a\\.b|[]x]" { fileinto "bracket"; }
#: message
#| X: ABC
#| Y: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac
#| Z: ]
#|
#: expect fileinto upper; fileinto three; fileinto bracket
