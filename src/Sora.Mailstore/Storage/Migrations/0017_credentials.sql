-- What an address's own password is for. scopes: 1 IMAP, 2 POP3, 4 ManageSieve; 0 lets nobody in, and the address receives mail
ALTER TABLE credentials
    ADD COLUMN description text NOT NULL DEFAULT '',
    ADD COLUMN scopes smallint NOT NULL DEFAULT 7,
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN used_at timestamptz,                   -- the last login, as of a minute ago or so
    ADD COLUMN used_for smallint,
    ADD COLUMN used_from inet;

-- Further passwords of an address. Numbered with the credentials, so that a number names one of either
CREATE TABLE app_passwords (
    id            bigint PRIMARY KEY DEFAULT nextval('credentials_id_seq'),
    account_id    bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    address       text NOT NULL REFERENCES credentials (address) ON DELETE CASCADE,
    description   text NOT NULL,
    lookup        bytea,                              -- by which one that was generated is found; null for one that somebody has chosen
    password_hash text NOT NULL,
    scram_fits    smallint NOT NULL,                  -- hash functions whose keys have salt and rounds of the address's own: 1 SHA-1, 2 SHA-256
    scopes        smallint NOT NULL,
    expires_at    timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    used_at       timestamptz,
    used_for      smallint,
    used_from     inet
);
CREATE INDEX app_passwords_address ON app_passwords (address);
CREATE INDEX app_passwords_account ON app_passwords (account_id);

-- SCRAM is offered when none of these is left that may log in
CREATE INDEX app_passwords_without_scram ON app_passwords (account_id) WHERE scram_fits <> 3;

ALTER TABLE accounts
    ADD COLUMN disabled_at timestamptz,               -- receives mail and lets nobody in
    ADD COLUMN session_epoch bigint NOT NULL DEFAULT 0; -- grows when all sessions are ended
