#: capability environment
#: case normal
#: about where the script runs
require ["environment", "fileinto"];
if environment :matches "remote-host" "*.partner.example" { fileinto "Partner"; }
#: host environment remote-host mail.partner.example
#: expect fileinto Partner
