#: capability special-use
#: case edge
#: about uses of all mailboxes and of one
require ["special-use", "fileinto"];
if specialuse_exists "\\Archive" { fileinto "any"; }
if specialuse_exists "Old" ["\\archive"] { fileinto "one"; }
if specialuse_exists ["\\Archive", "\\Sent"] { fileinto "never"; }
if specialuse_exists "None" "\\Archive" { fileinto "never"; }
#: host special-use Old \Archive
#: expect fileinto any; fileinto one
