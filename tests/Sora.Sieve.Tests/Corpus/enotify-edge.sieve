#: capability enotify, variables
#: case edge
#: about encoded addresses, capabilities and other methods
require ["enotify", "variables", "fileinto"];
set :encodeurl "body" "100% sure & ü";
notify "mailto:a@b.example?body=${body}";
if notify_method_capability "mailto:a@b.example" "online" "maybe" { fileinto "maybe"; }
if valid_notify_method ["mailto:a@b.example", "xmpp:a@b.example"] { notify :options ["x-a=b"] "xmpp:a@b.example"; }
if valid_notify_method "sip:a@b.example" { fileinto "never"; }
#: host notify xmpp
#: expect notify mailto:a@b.example?body=100%25%20sure%20%26%20%C3%BC; fileinto maybe; notify xmpp:a@b.example
