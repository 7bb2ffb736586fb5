#: capability base
#: case edge
#: about names, tags and quantifiers have no case
IF SIZE :Over 1k { KEEP; } ELSE { Discard; }
#: message
#| Subject: small
#|
#: expect discard
