#: capability base
#: case edge
#: about comments may stand between any two tokens
if /* a */ header # b
  :is /* c */ [ "Subject" /* d */ , "X" ] /* e */ "one" { # f
    discard /* g */ ; }
#: message
#| Subject: one
#|
#: expect discard
