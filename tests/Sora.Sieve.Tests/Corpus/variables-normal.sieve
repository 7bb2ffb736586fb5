#: capability variables, fileinto
#: case normal
#: about what a wildcard found names a mailbox
require ["variables", "fileinto"];
if header :matches "Subject" "[*] *" {
    set :lower "list" "${1}";
    fileinto "lists/${list}";
}
#: message
#| Subject: [Sora-Dev] hello
#|
#: expect fileinto lists/sora-dev
