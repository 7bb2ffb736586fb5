#: capability mboxmetadata
#: case error
#: about one mailbox, one entry
require "mboxmetadata";
if metadata "INBOX" "/private/a" { stop; }
if metadata ["INBOX"] "/private/a" "x" { stop; }
if metadataexists "INBOX" { stop; }
if servermetadata "/private/a" "x" { stop; }
#: error 5:4 The test 'metadata' lacks its keys
#: error 6:13 The mailbox name of the test 'metadata' is a string
#: error 7:4 The test 'metadataexists' lacks its annotation names
#: error 8:4 The test 'servermetadata' needs 'require "servermetadata";'
