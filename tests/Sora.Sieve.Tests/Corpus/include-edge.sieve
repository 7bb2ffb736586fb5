#: capability include, variables
#: case edge
#: about once, optional, return, and variables that are shared
require ["include", "variables", "fileinto"];
global "count";
set "own" "outer";
include :once "add";
include :once "add";
include :optional "nothing";
fileinto "${count}${own}${global.count}";
#: script add
#| require ["include", "variables"];
#| global "count";
#| set "count" "${count}+";
#| set "own" "inner";
#| return;
#| discard;
#: expect fileinto +outer+
