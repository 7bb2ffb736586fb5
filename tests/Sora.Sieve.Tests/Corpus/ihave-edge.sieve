#: capability ihave
#: case edge
#: about what is not there is no error where it is not reached, and some cannot be asked for
require ["ihave", "fileinto"];
if ihave "vnd.example.magic" { magic :power 9 "x"; }
if ihave "variables" { fileinto "never"; }
if not ihave ["fileinto", "vnd.example.magic"] { fileinto "${a}"; }
#: expect fileinto ${a}
