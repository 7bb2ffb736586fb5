#: capability envelope-dsn
#: case normal
#: about whether the sender asked to hear of success
require ["envelope", "envelope-dsn", "fileinto"];
if envelope "notify" "SUCCESS" { fileinto "Asked"; }
#: envelope from=a@b.example to=c@d.example notify=SUCCESS,DELAY
#: expect fileinto Asked
#: envelope from=a@b.example to=c@d.example notify=NEVER
#: expect (keep)
