#: capability subaddress
#: case edge
#: about an empty detail is not none, and the first separator counts
require ["subaddress", "fileinto"];
if address :detail "To" "" { fileinto "empty"; }
if address :user "Cc" "a" { fileinto "user"; }
if address :detail "Cc" "b+c" { fileinto "detail"; }
if address :detail :contains "From" "" { fileinto "never"; }
#: message
#| From: joe@example.com
#| To: joe+@example.com
#| Cc: a+b+c@example.com
#|
#: expect fileinto empty; fileinto user; fileinto detail
