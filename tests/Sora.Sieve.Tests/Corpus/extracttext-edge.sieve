#: capability extracttext
#: case edge
#: about marks of HTML are no text, nor is what has an unknown encoding
require ["extracttext", "foreverypart", "mime", "variables", "vnd.dovecot.debug"];
foreverypart {
    extracttext :upper "text";
    if header :mime :type "Content-Type" ["text", "image"] { debug_log "[${text}]"; }
}
#: message
#| Content-Type: multipart/mixed; boundary=b
#|
#| --b
#| Content-Type: text/html
#|
#| <p>some <b>bold</b> text</p>
#| --b
#| Content-Type: text/plain
#| Content-Transfer-Encoding: x-unknown
#|
#| hidden
#| --b
#| Content-Type: image/png
#|
#| PNG
#| --b--
#|
#: expect (keep)
#: log [SOME BOLD TEXT] | [] | []
