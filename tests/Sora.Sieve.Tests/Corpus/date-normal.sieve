#: capability date, relational
#: case normal
#: about old mail is filed by its year
require ["date", "relational", "variables", "fileinto"];
if date :value "lt" "date" "year" "2000" {
    if date :matches :originalzone "date" "year" "*" { fileinto "${1}"; }
}
#: expect fileinto 1997
