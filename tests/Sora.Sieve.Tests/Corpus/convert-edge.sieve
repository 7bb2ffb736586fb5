#: capability convert, fileinto
#: case edge
#: about what cannot be converted is no error, and the test tells
require ["convert", "fileinto"];
if not convert "text/plain" "application/pdf" "" { fileinto "Unconverted"; }
if convert "video/mp4" "video/webm" "" { fileinto "Nothing to do"; }
#: expect fileinto Unconverted; fileinto Nothing to do
