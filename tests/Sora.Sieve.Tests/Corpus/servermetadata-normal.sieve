#: capability servermetadata
#: case normal
#: about an annotation of the server
require ["servermetadata", "fileinto"];
if servermetadata :contains "/shared/comment" "maintenance" { fileinto "Later"; }
#: host metadata /shared/comment maintenance on Sunday
#: expect fileinto Later
