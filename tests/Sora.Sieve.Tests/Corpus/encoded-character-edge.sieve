#: capability encoded-character, fileinto
#: case edge
#: about what is not quite one stays text, and what comes out is not looked at again
require ["encoded-character", "fileinto"];
fileinto "${hex:41}${hex:4g}${hex:}${hex:414}${HEX: 42 }${unicode:20AC}$${hex:7b}hex:41}";
#: expect fileinto A${hex:4g}${hex:}${hex:414}B€${hex:41}
