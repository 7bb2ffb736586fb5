#: capability redirect-deliverby
#: case error
#: about one time, and no mode without
require "redirect-deliverby";
redirect :bymode "return" "a@b.example";
redirect :bytrace "a@b.example";
redirect :bytimerelative 1 :bytimeabsolute "2026-11-28T14:00:00Z" "a@b.example";
redirect :bytimeabsolute "noon" "a@b.example";
redirect :bytimerelative "1" "a@b.example";
redirect :bytimerelative 1 :bymode "later" "a@b.example";
#: error 5:10 ':bymode' only stands with ':bytimerelative' or ':bytimeabsolute'
#: error 6:10 ':bytrace' only stands with ':bytimerelative' or ':bytimeabsolute'
#: error 7:28 ':bytimeabsolute' and ':bytimerelative' exclude each other
#: error 8:26 "noon" is no time
#: error 9:26 A value stands behind ':bytimerelative'
#: error 10:36 "later" is neither "notify" nor "return"
