#: capability base
#: case edge
#: about tests in tests in blocks in blocks
if anyof (false, allof (true, not anyof (false, not true))) {
    if not false {
        if true { discard; }
    }
}
#: expect discard
