#: capability regex, variables
#: case normal
#: about what a group found
require ["regex", "variables", "fileinto"];
if header :regex "Subject" "^\\[([a-z]+)-([0-9]+)\\]" { fileinto "tickets/${1}/${2}"; }
#: message
#| Subject: [ABC-42] broken
#|
#: expect fileinto tickets/ABC/42
