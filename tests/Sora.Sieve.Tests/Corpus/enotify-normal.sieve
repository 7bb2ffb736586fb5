#: capability enotify, variables
#: case normal
#: about a word about important mail
require ["enotify", "variables"];
if header :matches "Subject" "*" {
    notify :importance "1" :message "Mail: ${1}" "mailto:pager@example.com";
}
#: expect notify mailto:pager@example.com; (keep)
#: has Importance = 1
#: has Text = Mail: I have a present for you
