#: capability mboxmetadata
#: case normal
#: about an annotation switches a rule on
require ["mboxmetadata", "fileinto"];
if metadata "INBOX" "/private/vendor/example/rules" "on" { fileinto "Ruled"; }
#: host metadata INBOX/private/vendor/example/rules on
#: expect fileinto Ruled
