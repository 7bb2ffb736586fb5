#: capability variables
#: case error
#: about names that are none, and modifiers that exclude each other
require "variables";
set "1" "x";
set "a.b" "x";
set "${a}" "x";
set :lower :upper "a" "x";
set :nothing "a" "x";
set "a" ["x", "y"];
set "a" "${x.y}";
#: error 5:5 "1" is no variable that can be set
#: error 6:5 "a.b" is no variable that can be set
#: error 7:5 The name of a variable to be set cannot hold variables
#: error 8:12 ':upper' and ':lower' exclude each other
#: error 9:5 The command 'set' has no tag ':nothing'
#: error 10:9 The value of the command 'set' is a string
#: error 11:9 There is no namespace 'x' of variables
