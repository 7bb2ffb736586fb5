-- Contents that are copies of one in another account keep its EMAILID (RFC 8474 section 5.1). A row is there before the content that it names.
CREATE TABLE email_ids (
    content_id    bigint PRIMARY KEY,
    account_id    bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,   -- who has the copy
    email_id      bigint NOT NULL                                               -- the content that was copied first
);
CREATE INDEX email_ids_account ON email_ids (account_id);
