#: capability comparator-i;ascii-casemap
#: case edge
#: about letters beyond ASCII keep their case
if header :is "X" "É" { redirect "upper@example.com"; }
if header :is "X" "é" { redirect "lower@example.com"; }
#: message
#| X: é
#|
#: expect redirect lower@example.com
