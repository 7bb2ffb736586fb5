-- Limits that differ from the server's. NULL: the next one applies (the account's, the domain's, the server's); -1: no limit.
CREATE TABLE domain_quotas (
    domain        text PRIMARY KEY CHECK (domain = lower(domain)),
    storage       bigint CHECK (storage >= -1),       -- bytes
    messages      bigint CHECK (messages >= -1),
    mailboxes     bigint CHECK (mailboxes >= -1)
);
CREATE TABLE account_quotas (
    account_id    bigint PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    storage       bigint CHECK (storage >= -1),
    messages      bigint CHECK (messages >= -1),
    mailboxes     bigint CHECK (mailboxes >= -1)
);

-- Annotations of mailboxes and, without a mailbox, of the server (RFC 5464)
CREATE TABLE annotations (
    mailbox_id    bigint REFERENCES mailboxes (id) ON DELETE CASCADE,
    account_id    bigint REFERENCES accounts (id) ON DELETE CASCADE,  -- who has it: of a private one the user, of a shared one the mailbox's owner
    is_private    boolean NOT NULL,
    entry         text NOT NULL COLLATE "C",          -- lower case
    name          text NOT NULL COLLATE "C",          -- as it was spelled
    value         bytea NOT NULL,
    CHECK (mailbox_id IS NOT NULL OR is_private = (account_id IS NOT NULL))
);
CREATE UNIQUE INDEX annotations_entry ON annotations (coalesce(mailbox_id, 0), (CASE WHEN is_private THEN account_id ELSE 0 END), entry);
CREATE INDEX annotations_mailbox ON annotations (mailbox_id) WHERE mailbox_id IS NOT NULL;
CREATE INDEX annotations_account ON annotations (account_id) WHERE account_id IS NOT NULL;
