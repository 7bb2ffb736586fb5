#: capability subaddress
#: case error
#: about one part of an address
require "subaddress";
if address :user :detail "From" "x" { stop; }
if header :user "From" "x" { stop; }
#: error 5:18 The test 'address' takes one address part
#: error 6:11 The test 'header' has no tag ':user'
