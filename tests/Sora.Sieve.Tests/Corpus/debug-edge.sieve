#: capability vnd.dovecot.debug, variables
#: case edge
#: about variables, several lines, and lines of an included script
require ["vnd.dovecot.debug", "variables", "include"];
if header :matches "From" "*" { debug_log "from ${1}"; }
include "more";
debug_log "";
#: script more
#| require "vnd.dovecot.debug";
#| debug_log "included";
#: expect (keep)
#: log from coyote@desert.example.org | included | 
