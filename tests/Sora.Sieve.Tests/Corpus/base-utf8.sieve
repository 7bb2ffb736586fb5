#: capability base
#: case edge
#: about text beyond ASCII is compared as it is; i;ascii-casemap folds letters of ASCII alone
if header :is "Subject" "Grüße" { redirect "a@b.example"; }
if header :is "Subject" "GRüßE" { redirect "c@d.example"; }
if header :is "Subject" "GRÜßE" { discard; }
#: message
#| Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
#|
#: expect redirect a@b.example; redirect c@d.example
