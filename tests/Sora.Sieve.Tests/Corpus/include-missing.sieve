#: capability include
#: case error
#: about a script that is not there
require "include";
discard;
include "nothing";
#: expect error in line 6: include: there is no script "nothing"; (keep)
