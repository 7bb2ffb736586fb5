#: capability imapsieve
#: case error
#: about what answers a delivery has no place there
require ["imapsieve", "vacation", "fileinto"];
fileinto "never";
#: event Append mailbox=INBOX
#: expect error in line 1: 'vacation' answers a delivery, and cannot be used on a message that is in a mailbox already (RFC 6785 section 3.11); (keep)
