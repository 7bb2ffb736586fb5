#: capability ereject, vacation
#: case error
#: about a message that is answered is not refused
require ["ereject", "vacation"];
vacation "away";
ereject "no";
#: expect error in line 6: 'ereject' cannot be used together with 'vacation' of line 5; (keep)
