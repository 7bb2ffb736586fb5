#: capability mime, relational
#: case edge
#: about types, parameters and fields of parts, those of the message among them
require ["mime", "fileinto", "relational"];
if exists :mime :anychild "X-Part" { fileinto "exists"; }
if address :mime :anychild :domain "Content-From" "example.com" { fileinto "address"; }
if header :mime :type "Content-Type" "multipart" { fileinto "type"; }
if header :mime :subtype "Content-Disposition" "" { fileinto "never"; }
if header :mime :anychild :count "eq" "Content-Type" "3" { fileinto "three"; }
#: message
#| Content-Type: multipart/mixed; boundary=b
#|
#| --b
#| Content-Type: text/plain
#| X-Part: 1
#|
#| --b
#| Content-Type: text/html
#| Content-From: Joe <joe@example.com>
#|
#| --b--
#|
#: expect fileinto exists; fileinto address; fileinto type; fileinto three
