#: capability body
#: case edge
#: about what cannot be decoded is no text
require "body";
if body :text :contains "secret" { discard; }
#: message
#| Content-Type: text/plain
#| Content-Transfer-Encoding: x-rot13
#|
#| secret
#|
#: expect (keep)
