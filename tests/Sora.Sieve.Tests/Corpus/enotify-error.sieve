#: capability enotify
#: case error
#: about methods and arguments that are none
require "enotify";
notify "nobody";
notify "mailto:nobody";
notify :importance "4" "mailto:a@b.example";
notify :options "a" "mailto:a@b.example";
notify :from "me" "mailto:a@b.example";
notify;
#: error 5:8 "nobody" is no URI such as "mailto:user@example.com"
#: error 6:8 "mailto:nobody" is no mailto URI with an address
#: error 7:20 The importance is "1", "2" or "3"
#: error 8:17 "a" is no option such as "name=value"
#: error 9:14 "me" is no address
#: error 10:1 The command 'notify' lacks its method
