#: capability environment, relational
#: case edge
#: about an item that is not there never matches, one that is empty does
require ["environment", "relational", "fileinto"];
if environment :contains "nothing" "" { fileinto "never"; }
if environment :count "eq" "nothing" "0" { fileinto "never"; }
if environment :contains "empty" "" { fileinto "empty"; }
if environment :count "eq" "EMPTY" "0" { fileinto "zero"; }
#: host environment empty
#: expect fileinto empty; fileinto zero
