#: capability base
#: case error
#: about what is never closed is told where it begins
if true {
    keep;
    redirect "a@b.example";
#: error 4:9 The block that begins here is never closed
