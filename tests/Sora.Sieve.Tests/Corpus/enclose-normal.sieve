#: capability enclose
#: case normal
#: about the message becomes an attachment
require "enclose";
enclose :subject "Warning" "This may be unsafe.";
#: message
#| Subject: original
#| From: a@b.example
#|
#| body
#|
#: expect EncloseAction; (keep)
#: kept Subject: Warning|
#: kept This may be unsafe.
#: kept Content-Type: message/rfc822||Subject: original|From: a@b.example||body
