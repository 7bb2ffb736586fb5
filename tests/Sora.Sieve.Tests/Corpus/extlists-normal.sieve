#: capability extlists
#: case normal
#: about friends
require ["extlists", "fileinto"];
if address :list "From" ":addrbook:default" { fileinto "Friends"; }
#: host list urn:ietf:params:sieve:addrbook:default coyote@desert.example.org
#: expect fileinto Friends
