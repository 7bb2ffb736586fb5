#: capability ereject
#: case error
#: about twice refused, and refused with an answer
require ["ereject", "vacation"];
ereject "one";
ereject "two";
#: expect error in line 6: 'ereject' cannot be used together with 'ereject' of line 5; (keep)
