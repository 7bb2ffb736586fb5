#: capability relational
#: case error
#: about relations that there are not
require "relational";
if header :value "above" "a" "b" { stop; }
if header :count "a" "b" { stop; }
if header :value "gt" :is "a" "b" { stop; }
#: error 5:18 "above" cannot stand behind ':value'
#: error 6:18 "a" cannot stand behind ':count'
#: error 7:23 The test 'header' takes one match type
