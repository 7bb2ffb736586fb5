#: capability body
#: case edge
#: about a message that is a header only has no body, not even an empty one
require "body";
if body :raw :contains "" { discard; }
#: message
#| Subject: x
#: expect (keep)
#: message
#| Subject: x
#|
#: expect discard
