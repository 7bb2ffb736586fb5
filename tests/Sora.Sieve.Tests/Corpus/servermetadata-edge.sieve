#: capability servermetadata
#: case edge
#: about all of several entries
require ["servermetadata", "fileinto"];
if servermetadataexists ["/shared/a", "/shared/b"] { fileinto "both"; }
if not servermetadataexists ["/shared/a", "/shared/c"] { fileinto "not both"; }
#: host metadata /shared/a 1
#: host metadata /shared/b 2
#: expect fileinto both; fileinto not both
