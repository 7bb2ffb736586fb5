#: capability vnd.dovecot.report
#: case error
#: about types and addresses
require "vnd.dovecot.report";
report "ab use" "x" "a@b.example";
report "abuse" "x" "nobody";
report "abuse" "x";
report :body "abuse" "x" "a@b.example";
#: error 5:8 "ab use" is no feedback type such as "abuse"
#: error 6:20 "nobody" is no address that mail can be sent to
#: error 7:1 The command 'report' lacks its recipient
#: error 8:8 The command 'report' has no tag ':body'
