#: capability base
#: case edge
#: about a script of comments alone keeps the message
# nothing to do
/* nor here */
#: expect (keep)
