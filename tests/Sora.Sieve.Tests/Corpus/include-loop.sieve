#: capability include
#: case error
#: about scripts that include each other in a circle
require "include";
include "a";
#: script a
#| require "include";
#| include "b";
#: script b
#| require "include";
#| include "a";
#: expect error in line 2: include: the script "a" includes itself; (keep)
