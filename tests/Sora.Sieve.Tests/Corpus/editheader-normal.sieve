#: capability editheader
#: case normal
#: about a field is added, another taken away
require "editheader";
addheader "X-Filtered" "yes";
deleteheader "Subject";
#: expect addheader X-Filtered: yes; deleteheader Subject 1; (keep)
#: kept X-Filtered: yes|Date: Tue, 1 Apr 1997 09:06:31 -0800 (PST)|From: coyote@desert.example.org|To: roadrunner@acme.example.com||
