-- Accounts at ACME servers (RFC 8555 section 7.3); their keys are encrypted as those of tls_certificates
CREATE TABLE acme_accounts (
    directory     text PRIMARY KEY COLLATE "C",
    sealed_key    bytea NOT NULL,
    url           text,                               -- null: not registered yet
    contacts      text[] NOT NULL DEFAULT '{}'        -- what the server was told
);

-- What any node answers to an ACME server that looks for a proof (RFC 8555 section 8, RFC 8737)
CREATE TABLE acme_challenges (
    type              text NOT NULL COLLATE "C",
    token             text NOT NULL COLLATE "C",
    host              text NOT NULL COLLATE "C",
    key_authorization text NOT NULL,
    expires_at        timestamptz NOT NULL,
    PRIMARY KEY (type, token)
);
CREATE INDEX acme_challenges_host ON acme_challenges (type, host);

-- How the renewal of a certificate goes, whoever renews it
CREATE TABLE acme_renewals (
    name              text PRIMARY KEY COLLATE "C",
    attempts          integer NOT NULL DEFAULT 0,     -- in vain since the last certificate
    next_attempt_at   timestamptz,                    -- not before; null: at once when it is due
    last_error        text,
    renew_at          timestamptz,                    -- within the window that the server suggests (RFC 9773)
    ask_again_at      timestamptz                     -- when to ask the server for its window again
);
