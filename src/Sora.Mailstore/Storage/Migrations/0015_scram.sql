-- What the nodes of an installation share and nobody else knows
CREATE TABLE secrets (
    name text PRIMARY KEY,
    value bytea NOT NULL
);

-- Salts for names that do not exist are made from it: the same on every node and after every start
INSERT INTO secrets (name, value)
VALUES ('scram', decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));

-- SCRAM is offered when none of these is left
CREATE INDEX credentials_without_scram_sha256 ON credentials (account_id) WHERE position('{SCRAM-SHA-256}' IN password_hash) = 0;
CREATE INDEX credentials_without_scram_sha1 ON credentials (account_id) WHERE position('{SCRAM-SHA-1}' IN password_hash) = 0;
