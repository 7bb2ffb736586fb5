#: capability copy, fileinto
#: case normal
#: about a copy leaves the implicit keep
require ["copy", "fileinto"];
fileinto :copy "All";
redirect :copy "archive@example.com";
#: expect fileinto All :copy; redirect archive@example.com :copy; (keep)
