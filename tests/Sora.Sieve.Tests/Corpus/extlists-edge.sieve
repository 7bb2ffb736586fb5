#: capability extlists, variables
#: case edge
#: about the match variable is as the list writes it, and a list is redirected to
require ["extlists", "variables", "fileinto", "copy"];
if valid_ext_list ["tag:example.com,2026:team", ":AddrBook:Default"] { fileinto "valid"; }
if header :list "X-Who" ["tag:example.com,2026:none", "tag:example.com,2026:team"] { fileinto "${0}"; }
redirect :copy :list "tag:example.com,2026:team";
#: message
#| X-Who: joe@EXAMPLE.com
#|
#: host list urn:ietf:params:sieve:addrbook:default
#: host list tag:example.com,2026:none
#: host list tag:example.com,2026:team Joe@example.com,ann@example.com
#: expect fileinto valid; fileinto Joe@example.com; redirect :list tag:example.com,2026:team :copy
