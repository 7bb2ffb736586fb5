#: capability regex, variables
#: case edge
#: about a pattern out of a variable that is none matches nothing, and the owner can see why
require ["regex", "variables", "fileinto"];
set "pattern" "[";
if header :regex "Subject" "${pattern}" { fileinto "never"; }
#: expect (keep)
#: log line 6: "[" is no regular expression: a '[' is never closed
