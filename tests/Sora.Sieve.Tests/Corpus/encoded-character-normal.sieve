#: capability encoded-character
#: case normal
#: about characters by their numbers
require "encoded-character";
if header :contains "Subject" "${unicode:43 6f}-work" { discard; }
#: message
#| Subject: Co-worker
#|
#: expect discard
