#: capability base
#: case normal
#: about the parts of addresses
if allof (address :localpart "From" "Joe.Doe",
          address :domain "From" "EXAMPLE.com",
          address :all "From" "joe.doe@example.com",
          address :contains "From" "doe@ex",
          not address "From" "Joe") {
    discard;
}
#: message
#| From: "Joe (no) \" Doe" (a comment) <Joe.Doe@Example.com>
#|
#: expect discard
