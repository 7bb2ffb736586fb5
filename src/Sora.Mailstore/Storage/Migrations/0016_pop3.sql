-- Which POP3 session has an account's maildrop (RFC 1939 section 4). It lives no longer than the sessions, so it need not survive a crash of the server.
CREATE UNLOGGED TABLE maildrops (
    account_id    bigint PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    token         uuid,                               -- the session; null: nobody
    holder        bigint NOT NULL,                    -- its process, which holds the advisory lock of this number while it lives
    expires_at    timestamptz NOT NULL,               -- when the lease ends, for a process that lives and has lost the database
    opened_at     timestamptz NOT NULL                -- when the last session began (RFC 2449 section 6.5)
) WITH (fillfactor = 70);
CREATE INDEX maildrops_holder ON maildrops (holder) WHERE token IS NOT NULL;

-- Contents in which not every line ends with CRLF: how many octets they grow by when all do, as POP3 sends them
CREATE TABLE line_ends (
    content_id    bigint PRIMARY KEY,
    account_id    bigint NOT NULL,                    -- as in contents: written by commits of many mailboxes, which one deleted account must not fail
    octets        bigint NOT NULL
);
CREATE INDEX line_ends_account ON line_ends (account_id);
