#: capability reject
#: case normal
#: about mail from a sender is refused
require "reject";
if address "From" "coyote@desert.example.org" { reject "No more birdseed."; }
#: expect reject No more birdseed.
