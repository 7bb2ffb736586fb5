#: capability vnd.dovecot.report
#: case normal
#: about spam that slipped through is reported
require "vnd.dovecot.report";
report "abuse" "This spam message slipped through." "spam-report@example.org";
#: expect report abuse to spam-report@example.org; (keep)
