#: capability imap4flags, variables
#: case edge
#: about flags in variables, odd flags, and how many there are
require ["imap4flags", "variables", "fileinto", "relational"];
setflag "v" "\\seen A  a B";
if hasflag :count "eq" "v" "3" { fileinto "three"; }
if hasflag :is ["v"] ["b", "c"] { fileinto :flags "${v}" "has"; }
setflag ["\\Recent", "two words", "{bad}", "\\Unknown"];
keep;
#: expect fileinto three; fileinto has [\Seen A B]; keep [two words]
