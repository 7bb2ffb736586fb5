-- Messages that leave. The bytes are stored once for all recipients; each recipient has an own fate.
CREATE TABLE relay_messages (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id    bigint NOT NULL,                    -- 0: nobody's
    kind          smallint NOT NULL,
    sender        text NOT NULL,                      -- empty: the null reverse-path
    size          bigint NOT NULL DEFAULT 0,
    content       smallint NOT NULL DEFAULT 0,        -- 1: header, 2: body has octets from 128 on
    ret           text,
    envelope_id   text,
    by_time       timestamptz,                        -- RFC 2852
    by_return     boolean NOT NULL DEFAULT false,
    by_trace      boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE relay_chunks (
    message_id    bigint NOT NULL REFERENCES relay_messages (id) ON DELETE CASCADE,
    number        integer NOT NULL,
    data          bytea NOT NULL,
    PRIMARY KEY (message_id, number)
);
ALTER TABLE relay_chunks ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE TABLE relay_recipients (
    message_id     bigint NOT NULL REFERENCES relay_messages (id) ON DELETE CASCADE,
    number         integer NOT NULL,
    address        text NOT NULL,
    notify         text,
    original       text,                              -- ORCPT
    attempts       integer NOT NULL DEFAULT 0,
    next_attempt   timestamptz NOT NULL DEFAULT now(), -- while somebody sends: when the lease ends
    expires_at     timestamptz NOT NULL,
    lease          uuid,                              -- who sends
    is_report      boolean NOT NULL,                  -- it may be for somebody who has an account here
    delay_reported boolean NOT NULL DEFAULT false,
    reply_code     integer NOT NULL DEFAULT 0,        -- of the last attempt
    reply_status   text,
    reply_text     text,
    reply_host     text,
    PRIMARY KEY (message_id, number)
);
CREATE INDEX relay_recipients_due ON relay_recipients (next_attempt);
CREATE INDEX relay_recipients_expiry ON relay_recipients (expires_at);
CREATE INDEX relay_recipients_reports ON relay_recipients (next_attempt) WHERE is_report;

-- Outlives the message, so that a delivery that is repeated late sends nothing twice; the account's messages of the last day are counted here too
CREATE TABLE relay_operations (
    account_id    bigint NOT NULL,
    operation_id  text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, operation_id)
);
CREATE INDEX relay_operations_account ON relay_operations (account_id, created_at);
CREATE INDEX relay_operations_age ON relay_operations (created_at);
