#: capability base
#: case edge
#: about wildcards, and the backslash that takes their meaning away
if header :matches "X" "a?c*\\*" { redirect "yes@example.com"; }
if header :matches "X" "a?c" { discard; }
#: message
#| X: abc and a star *
#|
#: expect redirect yes@example.com
#: message
#| X: abc and no star
#|
#: expect (keep)
