#: capability editheader
#: case edge
#: about the size is that of the changed message
require ["editheader", "fileinto"];
if size :over 30 { fileinto "never"; }
addheader "X-Padding" "0123456789012345678901234567890123456789";
if size :over 30 { fileinto "grown"; }
#: message
#| Subject: x
#|
#| y
#: expect addheader X-Padding: 0123456789012345678901234567890123456789; fileinto grown
