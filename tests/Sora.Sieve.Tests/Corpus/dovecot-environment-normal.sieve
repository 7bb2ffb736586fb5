#: capability vnd.dovecot.environment, variables
#: case normal
#: about items of the environment as variables
require ["vnd.dovecot.environment", "variables", "fileinto"];
fileinto "users/${env.vnd.dovecot.username}";
#: host environment vnd.dovecot.username joe
#: expect fileinto users/joe
