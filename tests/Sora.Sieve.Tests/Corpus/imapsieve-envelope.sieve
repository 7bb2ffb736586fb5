#: capability imapsieve, envelope
#: case error
#: about there is no envelope
require ["imapsieve", "envelope"];
discard;
if envelope "from" "x" { stop; }
#: event Append mailbox=INBOX
#: expect error in line 6: 'envelope' cannot be used on a message that is in a mailbox already: it has no envelope (RFC 6785 section 4.6); (keep)
