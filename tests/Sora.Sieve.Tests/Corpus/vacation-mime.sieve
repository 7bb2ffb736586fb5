#: capability vacation, encoded-character
#: case error
#: about the header of a MIME entity is ASCII
require "vacation";
vacation :mime "Content-Type: text/plain; name=Grüße

x";
#: error 5:16 The header of a MIME entity is ASCII
