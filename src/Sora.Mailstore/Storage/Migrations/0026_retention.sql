-- The messages of a record that expunges are gone for good; the record stays for QRESYNC until it is as old as others that are trimmed
ALTER TABLE mailbox_log ADD COLUMN purged boolean NOT NULL DEFAULT false;
CREATE INDEX mailbox_log_to_purge ON mailbox_log (created_at, mailbox_id, modseq) WHERE has_expunges AND NOT purged;

-- Expunged messages that were brought back, under new UIDs: they are not brought back twice. A row goes with the row of its message.
CREATE TABLE restored_messages (
    mailbox_id    bigint NOT NULL,
    uid           bigint NOT NULL,
    restored_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (mailbox_id, uid)
);

-- Who had which rights to a mailbox when it was deleted
CREATE TABLE deleted_acl (
    mailbox_id      bigint NOT NULL REFERENCES mailboxes (id) ON DELETE CASCADE,
    grantee_id      bigint NOT NULL,
    domain          text NOT NULL,
    rights          integer NOT NULL,
    negative_rights integer NOT NULL,
    PRIMARY KEY (mailbox_id, grantee_id)
);
CREATE INDEX deleted_acl_grantee ON deleted_acl (grantee_id);

ALTER TABLE mailboxes
    ADD COLUMN restored_to bigint,                    -- of a deleted one: the mailbox that has its messages again
    ADD COLUMN restored_at timestamptz;               -- when all of them were there
CREATE INDEX mailboxes_deleted ON mailboxes (deleted_at) WHERE deleted_at IS NOT NULL;

ALTER TABLE accounts ADD COLUMN purged_at timestamptz; -- its purge has begun: it cannot be brought back any more
CREATE INDEX accounts_deleted ON accounts (deleted_at) WHERE deleted_at IS NOT NULL;

-- When the object store was asked last to delete it: nobody else does so while the answer may still be on its way
ALTER TABLE bodies ADD COLUMN swept_at timestamptz;
ALTER TABLE packs ADD COLUMN swept_at timestamptz;
CREATE INDEX packs_unfinished ON packs (created_at) WHERE state = 0;
