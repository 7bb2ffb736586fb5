#: capability foreverypart
#: case error
#: about breaks outside of loops
require "foreverypart";
break;
foreverypart;
foreverypart :name "a" { break :name "b"; }
foreverypart "x" { }
#: error 5:1 'break' only stands inside 'foreverypart'
#: error 6:1 The command 'foreverypart' takes a block
#: error 7:26 There is no loop "b" around this 'break'
#: error 8:14 The command 'foreverypart' takes no arguments
