#: capability reject, variables
#: case edge
#: about the reason may hold variables, and notifications go all the same
require ["reject", "variables", "enotify"];
if header :matches "Subject" "*" { reject "\"${1}\" was refused"; }
notify "mailto:me@example.com";
#: expect reject "I have a present for you" was refused; notify mailto:me@example.com
