-- Processes that serve clients. A row counts while its process holds the advisory lock of its number, so nothing is written for a process that just runs
CREATE UNLOGGED TABLE nodes (
    number        integer PRIMARY KEY,
    name          text NOT NULL,
    started_at    timestamptz NOT NULL DEFAULT now()
);

-- What an administrator asks all nodes of their sessions, for the moment until they have answered
CREATE UNLOGGED TABLE session_requests (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ends          boolean NOT NULL,                   -- the sessions are to be ended, not only listed
    filter        jsonb NOT NULL,
    nodes         integer[] NOT NULL,                 -- those that are asked
    made_at       timestamptz NOT NULL DEFAULT now()
);

CREATE UNLOGGED TABLE session_answers (
    request_id    bigint NOT NULL REFERENCES session_requests (id) ON DELETE CASCADE,
    node          integer NOT NULL,
    part          integer NOT NULL,
    is_last       boolean NOT NULL,
    sessions      jsonb NOT NULL,
    PRIMARY KEY (request_id, node, part)
);
