#: capability extlists
#: case error
#: about a list that cannot be asked keeps the message
require "extlists";
discard;
if header :list "From" "tag:example.com,2026:gone" { stop; }
#: expect error in line 6: The list "tag:example.com,2026:gone" cannot be asked; (keep)
