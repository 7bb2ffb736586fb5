#: capability vnd.dovecot.report, variables
#: case edge
#: about one report of a kind to one address, and headers only
require ["vnd.dovecot.report", "variables", "fileinto"];
set "to" "Desk <desk@example.org>";
report :headers_only "not-spam" "first" "${to}";
report "not-spam" "second" "DESK@example.org";
report "abuse" "third" "desk@example.org";
fileinto "Reported";
#: expect report not-spam to desk@example.org :headers_only; report abuse to desk@example.org; fileinto Reported
#: has Text = first
