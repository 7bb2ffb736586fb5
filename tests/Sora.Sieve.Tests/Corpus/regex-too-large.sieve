#: capability regex
#: case error
#: about a pattern that is too large once its repetitions are written out
require "regex";
if header :regex "a" "^([a-z][0-9]x[a-z]){1,255}([a-z][0-9]x[a-z]){1,255}([a-z][0-9]x[a-z]){1,255}([a-z][0-9]x[a-z]){1,255}([a-z][0-9]x[a-z]){1,255}([a-z][0-9]x[a-z]){1,255}([a-z][0-9]x[a-z]){1,255}([a-z][0-9]x[a-z]){1,255}([a-z][0-9]x[a-z]){1,255}([a-z][0-9]x[a-z]){1,255}([a-z][0-9]x[a-z]){1,255}([a-z][0-9]x[a-z]){1,255}$" { stop; }
#: error 5:22 "^([a-z][0-9]x[a-z]){1,255}
