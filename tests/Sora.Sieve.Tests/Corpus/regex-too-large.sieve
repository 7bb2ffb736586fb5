#: capability regex
#: case error
#: about a pattern whose automaton is larger than .NET makes
require "regex";
if header :regex "a" "^([a-z][0-9]x[a-z]){1,255}([a-z][0-9]x[a-z]){1,255}([a-z][0-9]x[a-z]){1,255}([a-z][0-9]x[a-z]){1,255}([a-z][0-9]x[a-z]){1,255}([a-z][0-9]x[a-z]){1,255}([a-z][0-9]x[a-z]){1,255}([a-z][0-9]x[a-z]){1,255}([a-z][0-9]x[a-z]){1,255}([a-z][0-9]x[a-z]){1,255}([a-z][0-9]x[a-z]){1,255}([a-z][0-9]x[a-z]){1,255}$" { stop; }
#: error 5:22 The regular expression "^([a-z][0-9]x[a-z]){1,255}
