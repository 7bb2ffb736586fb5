#: capability vacation
#: case error
#: about addresses, days and reasons
require "vacation";
vacation :from "nobody" "x";
vacation :days "3" "x";
vacation :seconds 3 "x";
vacation;
vacation :addresses 1 "x";
#: error 5:16 "nobody" is no address
#: error 6:16 A value stands behind ':days'
#: error 7:10 ':seconds' needs 'require "vacation-seconds";'
#: error 8:1 The command 'vacation' lacks its reason
#: error 9:21 A value stands behind ':addresses'
