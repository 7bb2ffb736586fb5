#: capability virustest
#: case normal
#: about a virus is thrown away
require "virustest";
if virustest "5" { discard; }
#: host check Virus 1
#: expect discard
