#: capability base
#: case error
#: about a test where a command is due, and the other way round
header :is "a" "b";
if keep { stop; }
if { stop; }
not true;
#: error 4:1 'header' is a test
#: error 5:4 'keep' is a command
#: error 6:1 'if' takes one test
#: error 7:1 'not' is a test
