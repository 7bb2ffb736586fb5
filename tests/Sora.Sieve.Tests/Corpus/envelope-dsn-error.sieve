#: capability envelope-dsn
#: case error
#: about these parts are no addresses
require ["envelope", "envelope-dsn"];
if envelope :all "notify" "x" { stop; }
if envelope :domain ["from", "ret"] "x" { stop; }
#: error 5:18 The envelope part "notify" is no address
#: error 6:21 The envelope part "ret" is no address
