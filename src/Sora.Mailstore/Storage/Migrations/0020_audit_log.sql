-- Who has logged in or tried to, and what administrators have done. Rows are only added, and cleared away by their age and number.
CREATE TABLE audit_log (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at            timestamptz NOT NULL,
    until         timestamptz NOT NULL,               -- of several that are alike, when the last one was; the end of an administrator's act
    times         integer NOT NULL,                   -- how many are alike
    kind          text NOT NULL,                      -- login, admin
    node          text NOT NULL,                      -- the name of the node, or of the machine that an administrator was on
    outcome       text NOT NULL,                      -- logins: ok, wrong, blocked, unauthorized, unavailable; acts: begun, ok, failed
    actor         text,                               -- who: the name that was to be proven, null for one that is nobody's; the administrator's name on the machine
    action        text NOT NULL,                      -- what: the protocol; the command
    detail        text,                               -- the mechanism; the command's options without secrets
    reason        text,                               -- more about the outcome
    address       inet,                               -- the client's
    account_id    bigint,                             -- whose account was logged in to
    acted_for     text                                -- and by what name, when it was a master who did
);
CREATE INDEX audit_log_at ON audit_log (at);
CREATE INDEX audit_log_actor ON audit_log (actor, at);
CREATE INDEX audit_log_address ON audit_log (address, at);
