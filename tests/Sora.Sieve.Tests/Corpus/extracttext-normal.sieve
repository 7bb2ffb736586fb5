#: capability extracttext, foreverypart
#: case normal
#: about the beginning of the text
require ["extracttext", "foreverypart", "mime", "variables", "vnd.dovecot.debug"];
foreverypart {
    if header :mime :type "Content-Type" "text" { extracttext :first 5 "start"; debug_log "${start}"; break; }
}
#: message
#| Content-Type: multipart/mixed; boundary=b
#|
#| --b
#| Content-Type: text/plain; charset=iso-8859-1
#| Content-Transfer-Encoding: quoted-printable
#|
#| =C4pfel und Birnen
#| --b--
#|
#: expect (keep)
#: log Äpfel
