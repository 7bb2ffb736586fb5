#: capability redirect-dsn
#: case edge
#: about values have no case and may hold variables
require ["redirect-dsn", "variables"];
set "when" "failure";
redirect :notify "${when},Delay" :ret "hdrs" "elsewhere@example.com";
#: expect redirect elsewhere@example.com
#: has Notify = FAILURE,DELAY
#: has Ret = HDRS
