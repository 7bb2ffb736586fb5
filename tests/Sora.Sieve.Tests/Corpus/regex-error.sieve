#: capability regex
#: case error
#: about patterns that are none
require "regex";
if header :regex "a" "(" { stop; }
if header :regex "a" "[a" { stop; }
if header :regex "a" "*a" { stop; }
if header :regex "a" "a{3,1}" { stop; }
if header :regex "a" "(a)\\1" { stop; }
if header :regex "a" "((a{1,255}){1,255}){1,255}" { stop; }
#: error 5:22 "(" is no regular expression: a '(' is never closed
#: error 6:22 "[a" is no regular expression: a '[' is never closed
#: error 7:22 "*a" is no regular expression: a repetition stands behind nothing
#: error 8:22 "a{3,1}" is no regular expression: the numbers in braces are in the wrong order (at character 2)
#: error 9:22 "(a)\1" is no regular expression: back-references cannot be matched in linear time (at character 4)
#: error 10:22 "((a{1,255}){1,255}){1,255}" is no regular expression: it is too large once its repetitions are written out
