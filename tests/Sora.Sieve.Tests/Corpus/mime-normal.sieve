#: capability mime
#: case normal
#: about an attachment somewhere inside
require ["mime", "fileinto"];
if header :mime :anychild :param "filename" :matches "Content-Disposition" "*.exe" { fileinto "Programs"; }
#: message
#| Content-Type: multipart/mixed; boundary=b
#|
#| --b
#| Content-Disposition: attachment; filename*0="setup"; filename*1=".exe"
#|
#| --b--
#|
#: expect fileinto Programs
