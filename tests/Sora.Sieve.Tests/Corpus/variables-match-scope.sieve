#: capability variables, vnd.dovecot.debug
#: case edge
#: about match variables stay until the next match that succeeds
require ["variables", "vnd.dovecot.debug"];
if header :matches "Subject" "I * a *" { debug_log "${1}/${2}"; }
if not header :matches "Subject" "no *" { debug_log "${1}/${2}"; }
if address :matches "From" "*@*.*" { debug_log "${1}/${2}/${3}/${4}"; }
#: expect (keep)
#: log have/present for you | have/present for you | coyote/desert/example.org/
