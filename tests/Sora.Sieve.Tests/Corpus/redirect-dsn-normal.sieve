#: capability redirect-dsn, copy
#: case normal
#: about a private copy without a word to anybody
require ["redirect-dsn", "copy"];
redirect :copy :notify "NEVER" "elsewhere@example.com";
#: expect redirect elsewhere@example.com :copy; (keep)
#: has Notify = NEVER
#: has IsFromOwner = True
