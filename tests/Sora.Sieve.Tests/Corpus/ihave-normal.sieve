#: capability ihave
#: case normal
#: about an extension where there is one
require "ihave";
if ihave ["fileinto", "mailbox"] { fileinto :create "New"; } else { keep; }
#: expect fileinto New :create
