#: capability encoded-character
#: case error
#: about numbers that are no characters
require ["encoded-character", "fileinto"];
fileinto "${unicode:110000}";
fileinto "a${unicode:d800}";
#: error 5:10 '${unicode:110000}' names no Unicode character
#: error 6:10 '${unicode:d800}' names no Unicode character
