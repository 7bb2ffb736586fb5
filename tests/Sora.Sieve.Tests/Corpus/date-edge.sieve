#: capability date
#: case edge
#: about zones, leap days, odd and missing dates
require ["date", "fileinto"];
if date :zone "+0000" "date" "iso8601" "2024-02-29T23:30:00Z" { fileinto "utc"; }
if date :zone "+0130" "date" "iso8601" "2024-03-01T01:00:00+01:30" { fileinto "east"; }
if date :originalzone "date" "weekday" "4" { fileinto "thursday"; }
if date :matches "x-bad" "year" "*" { fileinto "never"; }
if date :matches "x-none" "year" "*" { fileinto "never"; }
#: message
#| Date: Thu, 29 Feb 2024 18:30 -0500 (EST)
#| X-Bad: yesterday
#|
#: expect fileinto utc; fileinto east; fileinto thursday
