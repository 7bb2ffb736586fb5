#: capability mboxmetadata, relational
#: case edge
#: about an annotation that is not there matches nothing, and counts as none
require ["mboxmetadata", "relational", "fileinto"];
if metadata :matches "INBOX" "/private/none" "*" { fileinto "never"; }
if metadata :count "eq" "INBOX" "/private/none" "0" { fileinto "zero"; }
if metadataexists "INBOX" ["/private/a", "/private/none"] { fileinto "never"; }
if metadataexists "INBOX" "/private/a" { fileinto "exists"; }
#: host metadata INBOX/private/a
#: expect fileinto zero; fileinto exists
