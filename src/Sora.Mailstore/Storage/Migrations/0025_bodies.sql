-- Which bodies the object store has. A row is committed before its object is put and goes after its object was deleted, so that nothing can
-- be in the store that is not here.
CREATE TABLE bodies (
    account_id    bigint NOT NULL,                    -- 0: a staged object, which belongs to no account yet
    hash          bytea NOT NULL,
    state         smallint NOT NULL DEFAULT 0,        -- 0 being put, 1 there, 2 being deleted
    pack_id       bigint,                             -- null: an object of its own
    position      bigint NOT NULL DEFAULT 0,          -- where in the pack
    length        bigint NOT NULL DEFAULT 0,
    key_id        text,                               -- what it is encrypted with; null: it is not
    dead_since    timestamptz,                        -- no content refers to it any more
    damaged_at    timestamptz,                        -- what is in the store is not this body, or nothing: to be put again when it comes again
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, hash)
) WITH (fillfactor = 80);
CREATE INDEX bodies_dead ON bodies (dead_since) WHERE dead_since IS NOT NULL;
CREATE INDEX bodies_damaged ON bodies (damaged_at) WHERE damaged_at IS NOT NULL;
CREATE INDEX bodies_pack ON bodies (pack_id) WHERE pack_id IS NOT NULL;

-- Objects that hold many small bodies of one account
CREATE TABLE packs (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id    bigint NOT NULL,
    hash          bytea NOT NULL,                     -- BLAKE3-256 of the pack, which names it
    size          bigint NOT NULL,
    dead_size     bigint NOT NULL DEFAULT 0,          -- bytes of bodies that are not read from here any more
    state         smallint NOT NULL DEFAULT 0,        -- as of bodies
    key_id        text,
    dead_since    timestamptz,
    lease_until   timestamptz,                        -- a node is writing it anew
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX packs_account ON packs (account_id);
CREATE INDEX packs_dead ON packs (dead_since) WHERE dead_since IS NOT NULL;
CREATE INDEX packs_sparse ON packs (id) WHERE dead_size > 0;

-- A body may also wait as a staged object (bodies of account 0); failed_at: it cannot be moved, and waits for an administrator
ALTER TABLE staged_bodies ADD COLUMN object boolean NOT NULL DEFAULT false;
ALTER TABLE staged_bodies ADD COLUMN failed_at timestamptz;
DROP INDEX staged_bodies_due;
CREATE INDEX staged_bodies_due ON staged_bodies (not_before, id) WHERE failed_at IS NULL;
CREATE INDEX staged_bodies_failed ON staged_bodies (id) WHERE failed_at IS NOT NULL;

INSERT INTO bodies (account_id, hash, state)
SELECT DISTINCT c.account_id, c.hash, 1
FROM contents c
WHERE c.body_size > 0 AND NOT EXISTS (SELECT FROM staged_bodies s WHERE s.hash = c.hash AND c.account_id = ANY (s.accounts));
