#: capability base
#: case edge
#: about escapes, lists, and text with dots
#: warning 5:20 In a string '\A' is the same as 'A'; '\\A' may be meant
if header :is ["X\-\A"] ["a\\b\"c"] {
    redirect "first@example.com";
}
if header :is "X-B" text: # the rest of this line is a comment
..begins with a dot
.
{
    discard;
}
#: message
#| X-A: a\b"c
#|
#: expect redirect first@example.com
