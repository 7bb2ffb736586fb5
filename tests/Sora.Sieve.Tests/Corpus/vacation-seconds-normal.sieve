#: capability vacation-seconds
#: case normal
#: about half an hour between answers
require "vacation-seconds";
vacation :seconds 1800 "In a meeting.";
#: expect vacation to coyote@desert.example.org; (keep)
#: has Interval = 00:30:00
