#: capability replace
#: case normal
#: about the whole message is replaced
require "replace";
replace :subject "Removed" :from "filter@example.com" "The content was removed.";
#: message
#| Subject: original
#| From: a@b.example
#| Content-Type: text/html
#|
#| <b>bad</b>
#|
#: expect ReplaceAction; (keep)
#: kept Original-Subject: original|Original-From: a@b.example|Subject: Removed|From: filter@example.com|MIME-Version: 1.0|Content-Type: text/plain; charset=utf-8|
#: kept The content was removed.
