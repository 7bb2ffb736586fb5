#: capability base
#: case edge
#: about the same action twice is done once
keep; keep;
redirect "a@b.example"; redirect "A@b.example";
#: expect keep; redirect a@b.example
