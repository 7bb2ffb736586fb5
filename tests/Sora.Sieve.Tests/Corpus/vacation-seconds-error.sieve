#: capability vacation-seconds
#: case error
#: about days or seconds
require "vacation-seconds";
vacation :seconds 60 :days 1 "x";
vacation :seconds "60" "x";
#: error 5:22 ':days' and ':seconds' exclude each other
#: error 6:19 A value stands behind ':seconds'
