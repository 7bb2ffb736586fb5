-- Comparisons of database, staging and object store: what they were asked for and how far they are, so that one that was cut off can go on
CREATE TABLE verify_runs (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parameters    text NOT NULL,                      -- JSON
    started_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    finished_at   timestamptz,
    done_account  bigint NOT NULL DEFAULT -1,         -- this account and those before it are done
    bodies        bigint NOT NULL DEFAULT 0,
    bytes         bigint NOT NULL DEFAULT 0,
    findings      bigint NOT NULL DEFAULT 0,
    repaired      bigint NOT NULL DEFAULT 0
);

-- The accounts after that one that are begun or done
CREATE TABLE verify_progress (
    run_id        bigint NOT NULL REFERENCES verify_runs (id) ON DELETE CASCADE,
    account_id    bigint NOT NULL,
    phase         smallint NOT NULL,                  -- 0 bodies, 1 packs, 2 staged bodies, 3 done
    after         bytea NOT NULL,                     -- the last hash or number that was looked at
    PRIMARY KEY (run_id, account_id)
);

-- In the order in which the object store lists them
CREATE INDEX packs_hash ON packs (account_id, hash);
DROP INDEX packs_account;
