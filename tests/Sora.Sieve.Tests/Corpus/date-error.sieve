#: capability date
#: case error
#: about zones and parts that there are not
require "date";
if date :zone "+1" "date" "year" "x" { stop; }
if date "date" "century" "x" { stop; }
if date ["date", "received"] "year" "x" { stop; }
if currentdate :originalzone "year" "x" { stop; }
#: error 5:15 "+1" is no time zone such as "+0100"
#: error 6:16 There is no date part "century"
#: error 7:9 The header name of the test 'date' is a string
#: error 8:16 The test 'currentdate' has no tag ':originalzone'
