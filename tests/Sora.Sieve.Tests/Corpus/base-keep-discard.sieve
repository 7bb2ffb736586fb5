#: capability base
#: case edge
#: about keep wins over discard, whatever the order
discard;
keep;
#: expect discard; keep
