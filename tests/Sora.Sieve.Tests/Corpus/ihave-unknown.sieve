#: capability ihave
#: case error
#: about an unknown command that is reached keeps the message
require "ihave";
if not ihave "vnd.example.magic" {
    magic;
}
#: expect error in line 6: There is no command 'magic'; (keep)
