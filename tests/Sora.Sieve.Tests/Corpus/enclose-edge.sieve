#: capability enclose, fileinto
#: case edge
#: about only what comes behind is enclosed, redirects never are
require ["enclose", "fileinto", "copy"];
fileinto :copy "before";
enclose :headers ["From", "X-None"] "text";
redirect :copy "out@example.com";
#: message
#| Subject: original
#| From: a@b.example
#|
#| body
#|
#: expect fileinto before :copy; EncloseAction; redirect out@example.com :copy; (keep)
#: kept From: a@b.example|Subject: original|Date: Sat, 28 Nov 2026 12:30:00 +0000|
