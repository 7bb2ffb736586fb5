#: capability vnd.dovecot.debug
#: case normal
#: about a line in the log
require "vnd.dovecot.debug";
debug_log "here";
#: expect (keep)
#: log here
