-- An administrator asks for an account's messages, or for a domain's recipients, in a queue of any length
CREATE INDEX relay_messages_account ON relay_messages (account_id, id);
CREATE INDEX relay_recipients_domain ON relay_recipients (lower(split_part(address, '@', -1)), message_id, number);

-- Each attempt leaves a dead row at the very end of relay_recipients_due where every node looks next: a fifth of a long queue, which is PostgreSQL's own measure, is too many
ALTER TABLE relay_recipients SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_insert_scale_factor = 0.1);
ALTER TABLE relay_messages SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);
ALTER TABLE relay_chunks SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);
