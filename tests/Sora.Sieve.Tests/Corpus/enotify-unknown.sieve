#: capability enotify
#: case error
#: about a method that the server does not have keeps the message
require "enotify";
discard;
notify "sip:a@b.example";
#: expect error in line 6: notify: "sip:a@b.example" is no method that can be used; (keep)
