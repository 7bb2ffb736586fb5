#: capability convert
#: case normal
#: about a page becomes text
require "convert";
convert "text/html" "text/plain" ["charset=utf-8"];
#: message
#| Subject: x
#| Content-Type: text/html
#|
#| <p>Hello <i>world</i></p>
#|
#: expect ConvertAction; (keep)
#: kept Content-Type: text/plain; charset=utf-8
#: kept Hello world
