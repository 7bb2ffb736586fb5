#: capability envelope-dsn, relational
#: case edge
#: about each condition is a value, and what was not given matches nothing
require ["envelope", "envelope-dsn", "relational", "fileinto"];
if envelope :count "eq" "notify" "2" { fileinto "two"; }
if envelope :count "eq" "ret" "0" { fileinto "no ret"; }
if envelope :matches "orcpt" "rfc822;*" { fileinto "orcpt"; }
if envelope :matches "envid" "*" { fileinto "never"; }
#: envelope from=a@b.example to=c@d.example notify=FAILURE,DELAY orcpt=rfc822;old@d.example
#: expect fileinto two; fileinto no ret; fileinto orcpt
