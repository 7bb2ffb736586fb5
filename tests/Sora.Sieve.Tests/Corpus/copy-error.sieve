#: capability copy
#: case error
#: about keep has no copy, and it must be required
require "fileinto";
fileinto :copy "A";
keep :copy;
#: error 5:10 ':copy' needs 'require "copy";' at the beginning
#: error 6:6 The command 'keep' has no tag ':copy'
