-- Wrong passwords, counted for all nodes. Unlogged: what a crash of the server forgets is only how far attackers had come, and counting costs no write-ahead log.
CREATE SEQUENCE login_limits_version;
CREATE UNLOGGED TABLE login_limits (
    key           uuid PRIMARY KEY,                   -- a digest of what is counted
    kind          smallint NOT NULL,                  -- 1 a network, 2 a user, 3 both
    address       inet,                               -- the network; null for a user
    user_key      uuid,                               -- the key of the user; null for a network
    user_name     text,                               -- null for a network, and for a name that is nobody's: it may be a password
    failures      integer NOT NULL,
    window_start  timestamptz NOT NULL,
    blocks        integer NOT NULL,                   -- how many there were; each is longer than the one before
    blocked_until timestamptz,
    changed_at    timestamptz NOT NULL,
    version       bigint NOT NULL                     -- says which of two announcements of a row is the newer one
) WITH (fillfactor = 70);
CREATE INDEX login_limits_changed ON login_limits (changed_at);
CREATE INDEX login_limits_user ON login_limits (user_key);
CREATE INDEX login_limits_blocked ON login_limits (blocked_until) WHERE blocked_until IS NOT NULL;

-- Networks where users have logged in: they cannot be locked out of there by strangers
CREATE TABLE login_known (
    user_key      uuid NOT NULL,
    address_key   uuid NOT NULL,
    seen_at       timestamptz NOT NULL,
    PRIMARY KEY (user_key, address_key)
);
CREATE INDEX login_known_seen ON login_known (seen_at);

-- Keys are made with it, so that a password that was typed into the wrong field cannot be guessed from them
INSERT INTO secrets (name, value)
VALUES ('login_limits', decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));
