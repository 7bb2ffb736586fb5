#: capability ihave
#: case error
#: about what is reached is an error, and error is one
require "ihave";
discard;
if true { error "stopped on purpose"; }
#: expect error in line 6: stopped on purpose; (keep)
