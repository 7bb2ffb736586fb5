#: capability fileinto
#: case edge
#: about several mailboxes, each once, and INBOX is where keep keeps
require "fileinto";
fileinto "A"; fileinto "B"; fileinto "A"; fileinto "inbox"; keep;
#: expect fileinto A; fileinto B; fileinto inbox
