#: capability base
#: case edge
#: about groups, routes and broken addresses
if address :is "To" "inner@example.com" { redirect "group@example.com"; }
if address :localpart "Cc" "broken" { discard; }
if address :all "Cc" "broken" { keep; }
#: message
#| To: friends: inner@example.com, <@hop.example:other@example.com>;
#| Cc: broken
#|
#: expect redirect group@example.com; keep
