#: capability extracttext
#: case error
#: about it stands in a loop and sets a variable
require ["extracttext", "foreverypart", "variables"];
extracttext "x";
foreverypart {
    extracttext "1";
    extracttext :first "5" "x";
    extracttext;
}
#: error 5:1 'extracttext' only stands inside 'foreverypart'
#: error 7:17 "1" is no variable that can be set
#: error 8:24 A value stands behind ':first'
#: error 9:5 The command 'extracttext' lacks its variable name
