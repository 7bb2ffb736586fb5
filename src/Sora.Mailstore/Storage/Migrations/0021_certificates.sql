-- TLS certificates that all nodes share. Their keys are encrypted with tls_store.secret, which the database does not know
CREATE TABLE tls_certificates (
    name          text PRIMARY KEY COLLATE "C",
    chain         text NOT NULL,                      -- PEM: the certificate, then those that vouch for it
    sealed_key    bytea NOT NULL,
    hosts         text[] NOT NULL,                    -- of the certificate, for administrators
    not_after     timestamptz NOT NULL,               -- of the certificate
    is_default    boolean NOT NULL DEFAULT false,     -- for clients that name no host
    is_acme       boolean NOT NULL DEFAULT false,
    changed_at    timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX tls_certificates_default ON tls_certificates (is_default) WHERE is_default;
