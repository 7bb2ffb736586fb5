#: capability index, date
#: case edge
#: about from the end, beyond the end, and over several names
require ["index", "date", "fileinto"];
if header :last :index 1 "X" "c" { fileinto "last"; }
if header :index 4 :matches "X" "*" { fileinto "never"; }
if header :index 4 ["X", "Y"] "d" { fileinto "fourth"; }
if address :index 1 :last "To" "z@example.com" { fileinto "field"; }
#: message
#| X: a
#| X: b
#| X: c
#| Y: d
#| To: a@example.com
#| To: z@example.com, y@example.com
#|
#: expect fileinto last; fileinto fourth; fileinto field
