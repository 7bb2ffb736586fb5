#: capability duplicate
#: case edge
#: about handles tell memories apart, and a message without an id is none
require ["duplicate", "fileinto"];
if duplicate :handle "a" :header "X-Id" { fileinto "a"; }
if duplicate :handle "b" :header "X-Id" :seconds 60 :last { fileinto "b"; }
if duplicate :header "X-None" { fileinto "never"; }
if duplicate :uniqueid "" { fileinto "never"; }
#: message
#| X-Id: 7
#|
#: host duplicate b|7
#: expect fileinto b
