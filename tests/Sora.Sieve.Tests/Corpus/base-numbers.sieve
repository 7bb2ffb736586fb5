#: capability base
#: case error
#: about numbers end with one quantifier and are not endless
if size :over 99999999999999999999 { stop; }
if size :under 10Q { stop; }
if size 10 { stop; }
if size :over "10" { stop; }
#: error 4:15 The number is greater than
#: error 5:18 A number ends with nothing or one quantifier
#: error 6:4 The test 'size' takes ':over' or ':under'
#: error 7:15 The limit of the test 'size' is a number
