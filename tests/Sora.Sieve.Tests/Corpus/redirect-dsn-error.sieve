#: capability redirect-dsn
#: case error
#: about values that there are not
require "redirect-dsn";
redirect :notify "ALWAYS" "a@b.example";
redirect :notify "NEVER,DELAY" "a@b.example";
redirect :ret "BODY" "a@b.example";
redirect :ret "a@b.example";
#: error 5:18 "ALWAYS" is no NOTIFY value
#: error 6:18 "NEVER,DELAY" is no NOTIFY value
#: error 7:15 "BODY" is neither "FULL" nor "HDRS"
#: error 8:1 The command 'redirect' lacks its address
