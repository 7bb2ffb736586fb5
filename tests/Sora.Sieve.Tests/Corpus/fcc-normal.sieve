#: capability fcc, vacation
#: case normal
#: about a copy of an answer
require ["fcc", "vacation"];
vacation :fcc "Sent" "I am away.";
#: expect vacation to coyote@desert.example.org; (keep)
#: has Fcc = SieveFcc { Mailbox = Sent
