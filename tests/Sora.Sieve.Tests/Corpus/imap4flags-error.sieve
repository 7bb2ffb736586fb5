#: capability imap4flags
#: case error
#: about variables need variables, and flags are text
require "imap4flags";
addflag "v" "x";
setflag;
keep :flags 1;
if hasflag { stop; }
#: error 5:9 Flags in a variable need 'require "variables";'
#: error 6:1 The command 'setflag' lacks its
#: error 7:13 A value stands behind ':flags'
#: error 8:4 The test 'hasflag' lacks its
