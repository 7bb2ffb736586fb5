#: capability special-use, fileinto
#: case normal
#: about the mailbox for junk, whatever it is called
require ["special-use", "fileinto"];
if header "X-Spam" "Yes" { fileinto :specialuse "\\Junk" "Spam"; }
#: message
#| X-Spam: Yes
#|
#: expect fileinto Spam :specialuse \Junk
