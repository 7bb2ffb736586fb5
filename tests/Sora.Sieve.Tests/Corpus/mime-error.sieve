#: capability mime
#: case error
#: about options stand with :mime, and one of them
require "mime";
if header :anychild "a" "b" { stop; }
if header :type "a" "b" { stop; }
if header :mime :type :subtype "a" "b" { stop; }
if header :mime :param :contains "a" "b" { stop; }
#: error 5:11 ':anychild' only stands with ':mime'
#: error 6:11 ':type' only stands with ':mime'
#: error 7:23 ':subtype' and ':type' exclude each other
#: error 8:24 A value stands behind ':param'
