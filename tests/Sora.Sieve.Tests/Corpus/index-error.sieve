#: capability index
#: case error
#: about fields count from one
require "index";
if header :index 0 "a" "b" { stop; }
if header :last "a" "b" { stop; }
if header :index "1" "a" "b" { stop; }
if exists :index 1 "a" { stop; }
#: error 5:18 ':index' counts from 1
#: error 6:4 ':last' only stands with ':index'
#: error 7:18 A value stands behind ':index'
#: error 8:11 The test 'exists' has no tag ':index'
