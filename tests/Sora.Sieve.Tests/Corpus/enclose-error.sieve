#: capability enclose
#: case error
#: about it has a text
require "enclose";
enclose;
enclose :subject ["a"] "b";
enclose :headers 1 "b";
enclose :mime "b";
#: error 5:1 The command 'enclose' lacks its text
#: error 6:18 A value stands behind ':subject'
#: error 7:18 A value stands behind ':headers'
#: error 8:9 The command 'enclose' has no tag ':mime'
