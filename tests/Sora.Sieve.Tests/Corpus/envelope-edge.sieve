#: capability envelope
#: case edge
#: about the null sender is the empty string in all its parts
require "envelope";
if allof (envelope :all "from" "", envelope :localpart "from" "", envelope :domain "from" "") { discard; }
#: envelope to=joe@example.com
#: expect discard
#: envelope from=a@b.example to=joe@example.com
#: expect (keep)
