#: capability envelope-deliverby
#: case normal
#: about mail that came too late
require ["envelope", "envelope-deliverby", "fileinto"];
if envelope :contains "bytimerelative" "-" { fileinto "Late"; }
#: envelope from=a@b.example to=c@d.example by=-10;R
#: expect fileinto Late
#: envelope from=a@b.example to=c@d.example by=10;R
#: expect (keep)
