#: capability envelope-deliverby
#: case error
#: about zones and address parts
require ["envelope", "envelope-deliverby"];
if envelope :zone "Z" "bytimeabsolute" "x" { stop; }
if envelope :localpart "bymode" "x" { stop; }
if envelope "bytime" "x" { stop; }
#: error 5:19 "Z" is no time zone
#: error 6:24 The envelope part "bymode" is no address
#: error 7:13 There is no envelope part "bytime"
