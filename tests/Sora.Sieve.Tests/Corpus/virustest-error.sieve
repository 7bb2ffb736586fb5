#: capability virustest
#: case error
#: about a value
require "virustest";
if virustest { stop; }
if virustest 5 { stop; }
#: error 5:4 The test 'virustest' lacks its value
#: error 6:14 The value of the test 'virustest' is a string
