#: capability envelope-deliverby, relational
#: case edge
#: about zones, modes and traces
require ["envelope", "envelope-deliverby", "relational", "fileinto"];
if envelope :zone "+0530" "bytimeabsolute" "2026-11-28T18:10:00+05:30" { fileinto "zone"; }
if envelope "bymode" "notify" { fileinto "mode"; }
if envelope "bytrace" "trace" { fileinto "trace"; }
if envelope :count "eq" ["bymode", "bytrace"] "2" { fileinto "two"; }
if envelope :count "eq" "bymode" "0" { fileinto "none"; }
#: envelope from=a@b.example to=c@d.example by=600;N;T
#: expect fileinto zone; fileinto mode; fileinto trace; fileinto two
#: envelope from=a@b.example to=c@d.example
#: expect fileinto none
