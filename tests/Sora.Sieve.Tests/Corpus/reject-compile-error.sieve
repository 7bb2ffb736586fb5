#: capability reject
#: case error
#: about a reason, and nothing else
require "reject";
reject;
reject ["a", "b"];
ereject "x";
#: error 5:1 The command 'reject' lacks its reason
#: error 6:8 The reason of the command 'reject' is a string
#: error 7:1 The command 'ereject' needs 'require "ereject";'
