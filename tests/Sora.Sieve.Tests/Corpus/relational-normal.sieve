#: capability relational, comparator-i;ascii-numeric
#: case normal
#: about how many recipients there are
require ["relational", "comparator-i;ascii-numeric"];
if address :count "gt" :comparator "i;ascii-numeric" ["To", "Cc"] "2" { discard; }
#: message
#| To: a@x.example, b@x.example
#| Cc: c@x.example
#|
#: expect discard
#: message
#| To: a@x.example, b@x.example
#|
#: expect (keep)
