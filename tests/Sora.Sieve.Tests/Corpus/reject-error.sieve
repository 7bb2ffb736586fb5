#: capability reject
#: case error
#: about a message that was delivered is not refused
require ["reject", "fileinto"];
fileinto "Work";
reject "no";
#: expect error in line 6: 'reject' cannot be used together with 'fileinto' of line 5; (keep)
