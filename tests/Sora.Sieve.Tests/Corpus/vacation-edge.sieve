#: capability vacation
#: case edge
#: about no answers to lists, programs, oneself, and where one is not named
require "vacation";
vacation :addresses "me@other.example" "away";
#: message
#| To: roadrunner@acme.example.com
#| List-Id: <x.example>
#|
#: expect (keep)
#: message
#| To: roadrunner@acme.example.com
#| Auto-Submitted: auto-replied
#|
#: expect (keep)
#: message
#| To: somebody@else.example
#|
#: expect (keep)
#: message
#| Cc: Me <me@other.example>
#| Auto-Submitted: no
#| Subject: Hi
#|
#: expect vacation to coyote@desert.example.org; (keep)
#: has ReplySubject = Auto: Hi
#: envelope from=mailer-daemon@example.com to=roadrunner@acme.example.com
#: expect (keep)
#: envelope to=roadrunner@acme.example.com
#: expect (keep)
#: envelope from=ROADRUNNER@acme.example.com to=roadrunner@acme.example.com
#: expect (keep)
