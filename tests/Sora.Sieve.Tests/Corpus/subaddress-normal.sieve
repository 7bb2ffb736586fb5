#: capability subaddress, fileinto
#: case normal
#: about a mailbox for a detail
require ["subaddress", "envelope", "variables", "fileinto"];
if envelope :detail :matches "to" "*" { fileinto "${1}"; }
#: envelope from=a@b.example to=joe+shop@example.com
#: expect fileinto shop
#: envelope from=a@b.example to=joe@example.com
#: expect (keep)
