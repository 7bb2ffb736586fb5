#: capability foreverypart, mime
#: case edge
#: about loops in loops, left by their names
require ["foreverypart", "mime", "variables", "vnd.dovecot.debug"];
foreverypart :name "outer" {
    if header :mime :subtype "Content-Type" "mixed" {
        foreverypart :name "inner" {
            if header :mime :type "Content-Type" "image" { debug_log "image"; break :name "outer"; }
            debug_log "part";
        }
    }
    debug_log "never";
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
#: log part | image
