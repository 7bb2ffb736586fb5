#: capability envelope
#: case normal
#: about who logged in
require "envelope";
if envelope "auth" "joe@example.com" { discard; }
#: envelope from=a@b.example to=c@d.example auth=joe@example.com
#: expect discard
#: envelope from=a@b.example to=c@d.example
#: expect (keep)
