#: capability imapsieve, imap4flags
#: case edge
#: about the script sees the message's flags, and changes them
require ["imapsieve", "environment", "imap4flags", "editheader"];
if environment :contains "imap.changedflags" "\\Seen" {
    if hasflag "\\Seen" { addflag "read"; removeflag "new"; } else { discard; }
}
addheader "X-Lost" "yes";
#: event Flag mailbox=INBOX flags=\Seen,new changed=\Seen
#: expect addheader X-Lost: yes; (keep)
#: flags +read -new
#: event Flag mailbox=INBOX flags=new changed=\Seen
#: expect discard; addheader X-Lost: yes
#: flags +\Deleted
