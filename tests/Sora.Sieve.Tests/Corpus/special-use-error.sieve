#: capability special-use
#: case error
#: about what is no special use
require ["special-use", "fileinto"];
fileinto :specialuse "Junk" "x";
fileinto :specialuse "\\" "x";
fileinto :specialuse ["\\Junk"] "x";
if specialuse_exists { stop; }
#: error 5:22 "Junk" is no special use
#: error 6:22 "\" is no special use
#: error 7:22 A value stands behind ':specialuse'
#: error 8:4 The test 'specialuse_exists' lacks its
