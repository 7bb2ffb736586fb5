#: capability include, fileinto
#: case normal
#: about a script of one's own and one of the site
require "include";
include :personal "lists";
include :global "spam";
#: script lists
#| require "fileinto";
#| if header :contains "List-Id" "sora" { fileinto "Sora"; }
#: script global:spam
#| if header "X-Spam" "Yes" { discard; stop; }
#: message
#| List-Id: <sora.example.com>
#|
#: expect fileinto Sora
#: message
#| X-Spam: Yes
#|
#: expect discard
