#: capability body, relational, comparator-i;ascii-numeric
#: case edge
#: about decoded parts, nested messages, and how many parts there are
require ["body", "relational", "comparator-i;ascii-numeric"];
if body :content "text/plain" :contains "grüße" { redirect "decoded@example.com"; }
if body :count "eq" :comparator "i;ascii-numeric" :content "text" "2" { redirect "two@example.com"; }
if body :raw :contains "Z3LDvMOfZQ==" { redirect "raw@example.com"; }
if body :content "image" :contains "" { discard; }
#: message
#| Content-Type: multipart/mixed; boundary=b
#|
#| --b
#| Content-Type: text/plain; charset=utf-8
#| Content-Transfer-Encoding: base64
#|
#| Z3LDvMOfZQ==
#| --b
#| Content-Type: message/rfc822
#|
#| Content-Type: text/html
#|
#| <p>inner</p>
#| --b--
#|
#: expect redirect decoded@example.com; redirect two@example.com; redirect raw@example.com
