#: capability duplicate
#: case error
#: about one id
require "duplicate";
if duplicate :header "X" :uniqueid "y" { stop; }
if duplicate "x" { stop; }
if duplicate :seconds "60" { stop; }
if duplicate :handle 1 { stop; }
#: error 5:26 ':uniqueid' and ':header' exclude each other
#: error 6:14 The test 'duplicate' takes no arguments
#: error 7:23 A value stands behind ':seconds'
#: error 8:22 A value stands behind ':handle'
