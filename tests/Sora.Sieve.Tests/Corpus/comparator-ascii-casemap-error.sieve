#: capability comparator-i;ascii-casemap
#: case error
#: about size compares no text
if size :comparator "i;ascii-casemap" :over 1 { stop; }
if exists :comparator "i;ascii-casemap" "x" { stop; }
#: error 4:9 The test 'size' has no tag ':comparator'
#: error 5:11 The test 'exists' has no tag ':comparator'
