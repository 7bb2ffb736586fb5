#: capability convert
#: case error
#: about types and parameters
require "convert";
convert "text/html" "text/plain";
convert "text/html" "text/plain" "utf-8";
convert ["text/html"] "text/plain" "";
#: error 5:1 The command 'convert' lacks its parameters
#: error 6:34 "utf-8" is no parameter such as "charset=utf-8"
#: error 7:9 The media type of the command 'convert' is a string
