#: capability editheader
#: case error
#: about names that no field can have
require ["editheader", "encoded-character"];
addheader "X Y" "z";
addheader "X:" "z";
addheader "X" "a${hex:00}b";
deleteheader :last "X";
deleteheader :index "1" "X";
addheader "X";
#: error 5:11 "X Y" is no name of a header field
#: error 6:11 "X:" is no name of a header field
#: error 7:15 A NUL cannot stand in a header field
#: error 8:1 ':last' only stands with ':index'
#: error 9:21 A value stands behind ':index'
#: error 10:1 The command 'addheader' lacks its value
