#: capability vacation
#: case normal
#: about an answer to who wrote to me
require "vacation";
vacation :days 3 :subject "Away" "I am away until Monday.";
#: expect vacation to coyote@desert.example.org; (keep)
#: has Interval = 3.00:00:00
#: has ReplySubject = Away
#: has OwnAddress = roadrunner@acme.example.com
