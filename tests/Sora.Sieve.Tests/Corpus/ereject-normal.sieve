#: capability ereject
#: case normal
#: about refused in the protocol
require "ereject";
ereject text:
We do not want this.
.
;
#: expect ereject We do not want this.
