#: capability servermetadata
#: case error
#: about no mailbox here
require "servermetadata";
if servermetadata "INBOX" "/shared/a" "x" { stop; }
if servermetadata "/shared/a" { stop; }
if servermetadataexists { stop; }
#: error 5:39 The test 'servermetadata' takes 2 arguments behind its tags
#: error 6:4 The test 'servermetadata' lacks its keys
#: error 7:4 The test 'servermetadataexists' lacks its annotation names
