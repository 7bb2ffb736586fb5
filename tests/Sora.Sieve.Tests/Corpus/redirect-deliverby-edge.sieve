#: capability redirect-deliverby
#: case edge
#: about until a time, with a notice and a trace
require "redirect-deliverby";
redirect :bymode "Notify" :bytrace :bytimeabsolute "2026-11-28T14:00:00+01:00" "phone@example.com";
#: expect redirect phone@example.com
#: has BySeconds = 1800
#: has ByMode = N
#: has ByTrace = True
