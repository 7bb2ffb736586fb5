#: capability variables, vnd.dovecot.debug
#: case edge
#: about modifiers in the order of their precedence, whatever the order they are written in
require ["variables", "vnd.dovecot.debug"];
set :length :quotewildcard :upperfirst :lower "a" "wHAT*?";
debug_log "${a}";
set :upperfirst :lower "b" "élan VITAL";
debug_log "${b}";
set :length "c" "日本語";
debug_log "${c}";
#: expect (keep)
#: log 8 | élan vital | 3
