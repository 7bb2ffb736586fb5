-- Scripts of accounts (RFC 5804)
CREATE TABLE sieve_scripts (
    account_id    bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name          text NOT NULL COLLATE "C",
    content       bytea NOT NULL,
    hash          bytea NOT NULL,                     -- BLAKE3-256 of the content
    is_active     boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT now(),
    changed_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, name)
);
CREATE UNIQUE INDEX sieve_scripts_active ON sieve_scripts (account_id) WHERE is_active;

-- Run-time errors, for the owner; each account keeps its newest
CREATE TABLE sieve_log (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id    bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    at            timestamptz NOT NULL,
    script        text NOT NULL,
    line          integer NOT NULL,
    message_id    text NOT NULL,
    text          text NOT NULL
);
CREATE INDEX sieve_log_account ON sieve_log (account_id, id);

-- To whom vacation has answered (RFC 5230), by hashes of the handle and of the sender's address
CREATE TABLE vacation_responses (
    account_id    bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    handle        bytea NOT NULL,
    sender        bytea NOT NULL,
    expires_at    timestamptz NOT NULL,
    PRIMARY KEY (account_id, handle, sender)
);
CREATE INDEX vacation_responses_expiry ON vacation_responses (expires_at);

-- What duplicate has seen (RFC 7352), by hashes of handle and id
CREATE TABLE sieve_duplicates (
    account_id    bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    handle        bytea NOT NULL,
    id            bytea NOT NULL,
    expires_at    timestamptz NOT NULL,
    PRIMARY KEY (account_id, handle, id)
);
CREATE INDEX sieve_duplicates_expiry ON sieve_duplicates (expires_at);
