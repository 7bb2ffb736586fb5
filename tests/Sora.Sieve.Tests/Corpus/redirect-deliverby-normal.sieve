#: capability redirect-deliverby
#: case normal
#: about ten minutes to deliver
require "redirect-deliverby";
redirect :bytimerelative 600 "phone@example.com";
#: expect redirect phone@example.com
#: has BySeconds = 600
#: has ByMode = R
