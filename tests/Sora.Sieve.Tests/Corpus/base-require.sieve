#: capability base
#: case error
#: about require stands first, and names what there is
require "vnd.example.nothing";
keep;
require "fileinto";
require fileinto;
#: error 4:9 There is no extension "vnd.example.nothing" here
#: error 6:1 'require' only stands before all other commands
#: error 7:1 'require' only stands before all other commands
#: error 7:9 The capabilities that 'require' takes are strings
