#: capability foreverypart, mime
#: case normal
#: about each part in its turn
require ["foreverypart", "mime", "variables", "vnd.dovecot.debug"];
foreverypart {
    if header :mime :matches :contenttype "Content-Type" "*" { debug_log "${0}"; }
}
#: message
#| Content-Type: multipart/mixed; boundary=b
#|
#| --b
#| Content-Type: text/plain
#|
#| --b
#| Content-Type: image/png
#|
#| --b--
#|
#: expect (keep)
#: log multipart/mixed | text/plain | image/png
