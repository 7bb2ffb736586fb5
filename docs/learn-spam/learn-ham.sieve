require ["vnd.dovecot.imapsieve", "environment", "copy"];

# Who throws spam away does not say that it is none
if environment "vnd.dovecot.mailbox-to" ["Junk", "Trash"] { stop; }
redirect :copy "ham@learn.example.org";
