#: capability envelope
#: case normal
#: about who really sent it
require "envelope";
if envelope :domain "from" "desert.example.org" { discard; }
#: expect discard
