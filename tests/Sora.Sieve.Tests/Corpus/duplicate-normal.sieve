#: capability duplicate
#: case normal
#: about what came before is not kept again
require "duplicate";
if duplicate { discard; }
#: message
#| Message-ID: <1@x.example>
#|
#: expect (keep)
#: host duplicate |<1@x.example>
#: expect discard
