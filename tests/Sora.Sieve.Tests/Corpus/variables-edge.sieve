#: capability variables, vnd.dovecot.debug
#: case edge
#: about unset, self-referring and odd references
require ["variables", "vnd.dovecot.debug"];
set "a" "x";
set "a" "${a}${a}";
set "A" "${A}y";
debug_log "${a}|${b}|${a-}|${${a}}|$ {a}|${9}";
#: expect (keep)
#: log xxy||${a-}|${xxy}|$ {a}|
