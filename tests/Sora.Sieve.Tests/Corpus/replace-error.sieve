#: capability replace
#: case error
#: about a MIME entity brings its own fields
require "replace";
replace :mime :subject "x" "y";
replace :from "nobody" "y";
replace;
#: error 5:1 ':mime' brings the header: ':subject' and ':from' do not stand with it
#: error 6:15 "nobody" is no address
#: error 7:1 The command 'replace' lacks its replacement
