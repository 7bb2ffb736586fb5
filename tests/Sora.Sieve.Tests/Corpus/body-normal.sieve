#: capability body
#: case normal
#: about words in the text of a message
require "body";
if body :text :contains "anvil" { discard; }
#: expect discard
#: message
#| Subject: x
#| Content-Type: text/html
#|
#| <p>An<b>vil</b></p>
#|
#: expect discard
