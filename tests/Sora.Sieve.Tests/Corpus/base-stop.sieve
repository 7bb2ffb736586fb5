#: capability base
#: case normal
#: about stop ends the script and leaves the implicit keep
if true { stop; }
discard;
#: expect (keep)
