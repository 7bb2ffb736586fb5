#: capability vnd.dovecot.report
#: case error
#: about a report to the account itself
require "vnd.dovecot.report";
discard;
report "abuse" "x" "roadrunner@acme.example.com";
#: expect error in line 6: report: "roadrunner@acme.example.com" is this account itself; (keep)
