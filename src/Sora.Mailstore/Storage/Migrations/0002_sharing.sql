-- The account that holds the shared mailboxes of a domain: it has no address and no password
ALTER TABLE accounts ADD COLUMN shared_domain text UNIQUE CHECK (shared_domain = lower(shared_domain));

-- Who else may do what with a mailbox. Rights are the bits of Sora.Contracts.Rights; negative ones are taken away.
CREATE TABLE acl (
    mailbox_id      bigint NOT NULL REFERENCES mailboxes (id) ON DELETE CASCADE,
    grantee_id      bigint NOT NULL,                  -- an account, or 0 for anyone in the domain
    domain          text NOT NULL,                    -- that of the mailbox's account
    rights          integer NOT NULL,
    negative_rights integer NOT NULL,
    PRIMARY KEY (mailbox_id, grantee_id)
);
CREATE INDEX acl_grantee ON acl (grantee_id);
CREATE INDEX acl_anyone ON acl (domain) WHERE grantee_id = 0;
