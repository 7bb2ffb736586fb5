#: capability replace, foreverypart, mime
#: case edge
#: about one part of many, by a whole MIME entity
require ["replace", "foreverypart", "mime"];
foreverypart {
    if header :mime :type "Content-Type" "image" {
        replace :mime "Content-Type: text/html

<i>removed</i>";
    }
}
#: message
#| Content-Type: multipart/mixed; boundary=b
#|
#| --b
#|
#| text
#| --b
#| Content-Type: image/png
#|
#| PNG
#| --b--
#|
#: expect ReplaceAction; (keep)
#: kept text|--b|Content-Type: text/html||<i>removed</i>|--b--
