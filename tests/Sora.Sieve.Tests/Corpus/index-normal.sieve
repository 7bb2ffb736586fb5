#: capability index
#: case normal
#: about the hop before ours
require ["index", "fileinto"];
if header :index 2 :contains "Received" "evil.example" { fileinto "Suspect"; }
#: message
#| Received: from b.example by us; Sat, 28 Nov 2026 12:00:00 +0000
#| Received: from evil.example by b.example; Sat, 28 Nov 2026 11:00:00 +0000
#| Received: from c.example by evil.example; Sat, 28 Nov 2026 10:00:00 +0000
#|
#: expect fileinto Suspect
