#: capability editheader
#: case edge
#: about long, foreign and folded values, and fields that cannot be taken away
require "editheader";
addheader :last "X-Long" "Grüße an alle";
addheader "X-Folded" "one
 two";
deleteheader "Received";
deleteheader :index 2 :contains "X" ["b", "c"];
deleteheader :matches "Y" "*";
#: message
#| Received: by us
#| X: a
#| X: b
#| X: c
#| Y: 1
#| Y: 2
#|
#: expect addheader X-Long: Grüße an alle; addheader X-Folded: one| two; deleteheader X 1; deleteheader Y 2; (keep)
#: kept X-Folded: one two|Received: by us|X: a|X: c|X-Long: =?UTF-8?B?R3LDvMOfZSBhbiBhbGxl?=||
