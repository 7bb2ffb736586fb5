#: capability imap4flags
#: case normal
#: about flags for what is filed and kept
require ["imap4flags", "fileinto"];
addflag ["\\Flagged", "$Important"];
fileinto "Work";
removeflag "$important";
keep;
#: expect fileinto Work [\Flagged $Important]; keep [\Flagged]
