-- Accounts -----------------------------------------------------------------------------------------------------------------------

CREATE TABLE accounts (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    list_version  bigint NOT NULL DEFAULT 1,          -- grows with each change of mailboxes or subscriptions
    created_at    timestamptz NOT NULL DEFAULT now(),
    deleted_at    timestamptz
);

CREATE TABLE credentials (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id    bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    address       text NOT NULL UNIQUE CHECK (address = lower(address)),
    domain        text NOT NULL GENERATED ALWAYS AS (split_part(address, '@', 2)) STORED,
    password_hash text NOT NULL,
    is_primary    boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX credentials_primary ON credentials (account_id) WHERE is_primary;
CREATE INDEX credentials_account ON credentials (account_id);
CREATE INDEX credentials_domain ON credentials (domain);

-- Mailboxes ----------------------------------------------------------------------------------------------------------------------

-- UIDVALIDITY: never given twice, and above the values of an earlier installation whose mail is imported
CREATE SEQUENCE uid_validities;
SELECT setval('uid_validities', extract(epoch FROM now())::bigint);

CREATE TABLE mailboxes (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id    bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name          text NOT NULL COLLATE "C",
    uid_validity  bigint NOT NULL DEFAULT nextval('uid_validities'),
    special_use   smallint NOT NULL DEFAULT 0,
    created_at    timestamptz NOT NULL DEFAULT now(),
    deleted_at    timestamptz
);
CREATE UNIQUE INDEX mailboxes_name ON mailboxes (account_id, name) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX mailboxes_special_use ON mailboxes (account_id, special_use) WHERE special_use <> 0 AND deleted_at IS NULL;

CREATE TABLE subscriptions (
    account_id    bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name          text NOT NULL COLLATE "C",
    PRIMARY KEY (account_id, name)
);

-- The truth about a mailbox: its numbered records. The primary key is the fence: of two writers with the same number one loses.
-- The totals are those after the record, so that STATUS is one index look-up.
CREATE TABLE mailbox_log (
    mailbox_id    bigint NOT NULL,
    modseq        bigint NOT NULL,
    record        bytea NOT NULL,
    uid_next      bigint NOT NULL,
    messages      integer NOT NULL,
    unseen        integer NOT NULL,
    deleted       integer NOT NULL,
    size          bigint NOT NULL,
    deleted_size  bigint NOT NULL,
    has_expunges  boolean NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (mailbox_id, modseq)
);
ALTER TABLE mailbox_log ALTER COLUMN record SET STORAGE EXTERNAL;

-- A mailbox's index at one mod-sequence. A chunk is written again only when it has changed; it is named by its number in the header.
CREATE TABLE mailbox_snapshots (
    mailbox_id    bigint PRIMARY KEY,
    modseq        bigint NOT NULL,
    header        bytea NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE mailbox_snapshot_chunks (
    mailbox_id    bigint NOT NULL,
    chunk         bigint NOT NULL,
    data          bytea NOT NULL,
    PRIMARY KEY (mailbox_id, chunk)
);
ALTER TABLE mailbox_snapshots ALTER COLUMN header SET STORAGE EXTERNAL;
ALTER TABLE mailbox_snapshot_chunks ALTER COLUMN data SET STORAGE EXTERNAL;

-- Messages -----------------------------------------------------------------------------------------------------------------------

-- Each process takes content numbers in blocks, so that a record can name contents before they are inserted
CREATE SEQUENCE content_ids INCREMENT BY 1000;

CREATE TABLE contents (
    id            bigint PRIMARY KEY,
    account_id    bigint NOT NULL,
    hash          bytea NOT NULL,                     -- BLAKE3-256 of the body
    body_size     bigint NOT NULL,
    prefix        bytea NOT NULL,                     -- trace fields that stand before the body
    header        bytea,                              -- header block of the body; null when longer than the limit
    envelope      bytea NOT NULL,
    structure     bytea NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX contents_hash ON contents (account_id, hash);

-- Written once, deleted at purge
CREATE TABLE messages (
    mailbox_id    bigint NOT NULL,
    uid           bigint NOT NULL,
    content_id    bigint NOT NULL,
    internal_date bigint NOT NULL,                    -- seconds since 1970
    save_date     bigint NOT NULL,
    size          bigint NOT NULL,
    PRIMARY KEY (mailbox_id, uid)
);
CREATE INDEX messages_content ON messages (content_id);

-- Bodies that are durable but not yet in the object store. The body is here (staging "database") or in a file of a node (staging "disk").
CREATE TABLE staged_bodies (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash          bytea NOT NULL,
    accounts      bigint[] NOT NULL,                  -- whose objects it becomes
    size          bigint NOT NULL,
    body          bytea,
    node          text,
    path          text,
    attempts      integer NOT NULL DEFAULT 0,
    not_before    timestamptz NOT NULL DEFAULT now(),
    last_error    text,
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX staged_bodies_hash ON staged_bodies (hash);
CREATE INDEX staged_bodies_due ON staged_bodies (not_before, id);
ALTER TABLE staged_bodies ALTER COLUMN body SET STORAGE EXTERNAL;

-- Finds old records without reading the whole log: rows come in the order of their time
CREATE INDEX mailbox_log_age ON mailbox_log USING brin (created_at) WITH (pages_per_range = 32);
