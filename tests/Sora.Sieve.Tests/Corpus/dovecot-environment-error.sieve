#: capability vnd.dovecot.environment
#: case error
#: about the environment cannot be set
require ["vnd.dovecot.environment", "variables"];
set "env.name" "x";
#: error 5:5 "env.name" is no variable that can be set
