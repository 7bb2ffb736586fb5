require ["vnd.dovecot.imapsieve", "environment", "copy"];

# A copy within Junk says nothing new
if environment "vnd.dovecot.mailbox-from" "Junk" { stop; }
redirect :copy "spam@learn.example.org";
