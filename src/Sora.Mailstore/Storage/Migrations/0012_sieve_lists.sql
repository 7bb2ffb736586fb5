-- External lists of accounts (RFC 6134), by their names written out in full
CREATE TABLE sieve_lists (
    account_id    bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name          text NOT NULL COLLATE "C",
    members       text[] NOT NULL,
    changed_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, name)
);
