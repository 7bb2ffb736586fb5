#: capability extlists
#: case error
#: about names, comparators and tests that do not go with lists
require ["extlists", "body"];
if header :list "From" "friends" { stop; }
if header :list :comparator "i;octet" "From" ":addrbook:default" { stop; }
if body :list ":addrbook:default" { stop; }
redirect :list "friends";
#: error 5:24 "friends" is no name of a list
#: error 6:4 ':comparator' cannot stand with ':list'
#: error 7:9 The test 'body' cannot be used with ':list'
#: error 8:16 "friends" is no name of a list
