#: capability ereject, reject
#: case edge
#: about a script may have both where only one is reached
require ["ereject", "reject"];
if size :over 1M { reject "large"; } else { ereject "small"; }
#: expect ereject small
