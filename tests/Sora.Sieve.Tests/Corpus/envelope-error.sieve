#: capability envelope
#: case error
#: about parts that there are not
require "envelope";
if envelope "sender" "x" { stop; }
if envelope "notify" "x" { stop; }
if envelope "from" { stop; }
#: error 5:13 There is no envelope part "sender"
#: error 6:13 The envelope part "notify" needs 'require "envelope-dsn";'
#: error 7:4 The test 'envelope' lacks its keys
