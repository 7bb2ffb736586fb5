#: capability include
#: case error
#: about names, and global variables that are set too early
require ["include", "variables"];
include "../secret";
include "${name}";
include :personal :global "x";
set "a" "1";
global "a";
global "1";
#: error 5:9 "../secret" cannot be the name of a script
#: error 6:9 The name of a script to be included cannot hold variables
#: error 7:19 ':global' and ':personal' exclude each other
#: error 9:8 The variable 'a' was set before it is made global
#: error 10:8 "1" is no variable that can be global
