#: capability base
#: case error
#: about several mistakes are told in one pass
keep
discard;
redirect "nobody";
frobnicate "x";
if header "Subject" { stop; }
fileinto "Work";
#: error 5:1 The command 'keep' takes no test; a semicolon may be missing before it: expected ';', found 'discard'
#: error 6:10 "nobody" is no address
#: error 7:1 There is no command 'frobnicate'
#: error 8:4 The test 'header' lacks its keys
#: error 9:1 The command 'fileinto' needs 'require "fileinto";'
