#: capability date
#: case normal
#: about the time now
require ["date", "fileinto"];
if allof (currentdate :is "weekday" "6", currentdate "date" "2026-11-28", currentdate :zone "-1230" "hour" "00") { fileinto "weekend"; }
#: expect fileinto weekend
