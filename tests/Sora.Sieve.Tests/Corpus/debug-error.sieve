#: capability vnd.dovecot.debug
#: case error
#: about a message, and nothing else
require "vnd.dovecot.debug";
debug_log;
debug_log ["a"];
debug_log :fast "a";
#: error 5:1 The command 'debug_log' lacks its message
#: error 6:11 The message of the command 'debug_log' is a string
#: error 7:11 The command 'debug_log' has no tag ':fast'
