#: capability fileinto
#: case normal
#: about a mailbox for a sender
require "fileinto";
if address :domain "From" "desert.example.org" { fileinto "Cartoons"; }
#: expect fileinto Cartoons
