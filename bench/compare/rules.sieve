# The rules of somebody who gets much mail: 200 lines that all run, and file nothing of what the benchmark sends
require ["fileinto", "imap4flags", "variables", "regex"];
if header :contains "Subject" ["invoice 0", "re: invoice 0"] {
    fileinto "INBOX";
    stop;
}

if address :domain :is ["From", "Sender"] ["newsletter1.example", "newsletter1.invalid"] {
    addflag "$newsletter";
}

if header :matches "List-Id" "*<meeting2.*>" {
    set "list" "${1}";
    addflag "list";
}

if allof (exists "X-Release-3", not size :over 4M) {
    addflag "marked";
}

if header :regex ["Subject", "X-Mailer"] "travel[- ]?4[0-9]+$" {
    addflag "\\Flagged";
}

if header :contains "Subject" ["payroll 5", "re: payroll 5"] {
    fileinto "INBOX";
    stop;
}

if address :domain :is ["From", "Sender"] ["review6.example", "review6.invalid"] {
    addflag "$review";
}

if header :matches "List-Id" "*<incident7.*>" {
    set "list" "${1}";
    addflag "list";
}

if allof (exists "X-Survey-8", not size :over 9M) {
    addflag "marked";
}

if header :regex ["Subject", "X-Mailer"] "contract[- ]?9[0-9]+$" {
    addflag "\\Flagged";
}

if header :contains "Subject" ["invoice 10", "re: invoice 10"] {
    fileinto "INBOX";
    stop;
}

if address :domain :is ["From", "Sender"] ["newsletter11.example", "newsletter11.invalid"] {
    addflag "$newsletter";
}

if header :matches "List-Id" "*<meeting12.*>" {
    set "list" "${1}";
    addflag "list";
}

if allof (exists "X-Release-13", not size :over 14M) {
    addflag "marked";
}

if header :regex ["Subject", "X-Mailer"] "travel[- ]?14[0-9]+$" {
    addflag "\\Flagged";
}

if header :contains "Subject" ["payroll 15", "re: payroll 15"] {
    fileinto "INBOX";
    stop;
}

if address :domain :is ["From", "Sender"] ["review16.example", "review16.invalid"] {
    addflag "$review";
}

if header :matches "List-Id" "*<incident17.*>" {
    set "list" "${1}";
    addflag "list";
}

if allof (exists "X-Survey-18", not size :over 19M) {
    addflag "marked";
}

if header :regex ["Subject", "X-Mailer"] "contract[- ]?19[0-9]+$" {
    addflag "\\Flagged";
}

if header :contains "Subject" ["invoice 20", "re: invoice 20"] {
    fileinto "INBOX";
    stop;
}

if address :domain :is ["From", "Sender"] ["newsletter21.example", "newsletter21.invalid"] {
    addflag "$newsletter";
}

if header :matches "List-Id" "*<meeting22.*>" {
    set "list" "${1}";
    addflag "list";
}

if allof (exists "X-Release-23", not size :over 24M) {
    addflag "marked";
}

if header :regex ["Subject", "X-Mailer"] "travel[- ]?24[0-9]+$" {
    addflag "\\Flagged";
}

if header :contains "Subject" ["payroll 25", "re: payroll 25"] {
    fileinto "INBOX";
    stop;
}

if address :domain :is ["From", "Sender"] ["review26.example", "review26.invalid"] {
    addflag "$review";
}

if header :matches "List-Id" "*<incident27.*>" {
    set "list" "${1}";
    addflag "list";
}

if allof (exists "X-Survey-28", not size :over 29M) {
    addflag "marked";
}

if header :regex ["Subject", "X-Mailer"] "contract[- ]?29[0-9]+$" {
    addflag "\\Flagged";
}

if header :contains "Subject" ["invoice 30", "re: invoice 30"] {
    fileinto "INBOX";
    stop;
}

if address :domain :is ["From", "Sender"] ["newsletter31.example", "newsletter31.invalid"] {
    addflag "$newsletter";
}

if header :matches "List-Id" "*<meeting32.*>" {
    set "list" "${1}";
    addflag "list";
}

if allof (exists "X-Release-33", not size :over 34M) {
    addflag "marked";
}

if header :regex ["Subject", "X-Mailer"] "travel[- ]?34[0-9]+$" {
    addflag "\\Flagged";
}

if header :contains "Subject" ["payroll 35", "re: payroll 35"] {
    fileinto "INBOX";
    stop;
}

if address :domain :is ["From", "Sender"] ["review36.example", "review36.invalid"] {
    addflag "$review";
}

if header :matches "List-Id" "*<incident37.*>" {
    set "list" "${1}";
    addflag "list";
}

if allof (exists "X-Survey-38", not size :over 39M) {
    addflag "marked";
}

if header :regex ["Subject", "X-Mailer"] "contract[- ]?39[0-9]+$" {
    addflag "\\Flagged";
}

if header :contains "Subject" ["invoice 40", "re: invoice 40"] {
    fileinto "INBOX";
    stop;
}

if address :domain :is ["From", "Sender"] ["newsletter41.example", "newsletter41.invalid"] {
    addflag "$newsletter";
}

if header :matches "List-Id" "*<meeting42.*>" {
    set "list" "${1}";
    addflag "list";
}

if allof (exists "X-Release-43", not size :over 44M) {
    addflag "marked";
}

if header :contains ["Comments", "Keywords"] ["a phrase that is nowhere", "another one"] {
    addflag "phrase";
}
keep;
