#: capability vacation-seconds
#: case edge
#: about an answer to each message, and one in a very long time
require ["vacation-seconds", "vacation"];
if size :over 0 { vacation :seconds 0 :handle "each" "Got it."; }
#: expect vacation to coyote@desert.example.org; (keep)
#: has Interval = 00:00:00
#: has Handle = handle:each
