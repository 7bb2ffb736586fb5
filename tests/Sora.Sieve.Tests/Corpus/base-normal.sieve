#: capability base
#: case normal
#: about tests of the base language, one after the other
if allof (header :contains "Subject" "present", not size :over 1M) {
    redirect "acm@example.com";
} elsif exists "X-Never" {
    discard;
} else {
    keep;
}
#: expect redirect acm@example.com
#: message
#| From: a@b.example
#| X-Never: 1
#|
#: expect discard
#: message
#| From: a@b.example
#|
#: expect keep
