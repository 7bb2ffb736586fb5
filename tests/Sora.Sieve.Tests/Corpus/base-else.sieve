#: capability base
#: case error
#: about else where there is no if, and else if instead of elsif
else { keep; }
if true { keep; } else if false { discard; }
#: error 4:1 'else' only follows an 'if'
#: error 5:24 'else if' is written as one word
