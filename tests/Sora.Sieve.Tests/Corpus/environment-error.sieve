#: capability environment
#: case error
#: about one item
require "environment";
if environment ["name", "version"] "x" { stop; }
if environment "name" { stop; }
if environment :domain "name" "x" { stop; }
#: error 5:16 The item of the test 'environment' is a string
#: error 6:4 The test 'environment' lacks its keys
#: error 7:16 The test 'environment' has no tag ':domain'
