#: capability body
#: case error
#: about one transform, and :content has types
require "body";
if body :raw :text "x" { stop; }
if body :content :contains "x" { stop; }
if body { stop; }
if body "x" "y" { stop; }
#: error 5:14 ':text' and ':raw' exclude each other
#: error 6:18 A value stands behind ':content'
#: error 7:4 The test 'body' lacks its keys
#: error 8:13 The test 'body' takes 1 argument behind its tags
