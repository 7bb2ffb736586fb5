#: capability copy
#: case edge
#: about the same mailbox with and without a copy
require ["copy", "fileinto"];
fileinto :copy "All";
fileinto "All";
#: expect fileinto All :copy
