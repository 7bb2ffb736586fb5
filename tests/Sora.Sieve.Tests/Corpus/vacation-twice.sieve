#: capability vacation
#: case error
#: about two answers to one message
require "vacation";
vacation "one";
vacation "two";
#: expect error in line 6: 'vacation' cannot be used twice: it was in line 5; (keep)
