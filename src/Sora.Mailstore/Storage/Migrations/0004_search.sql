-- The index of the text of messages: segments, each of some contents of one account. A segment is written once; small ones are merged into
-- larger ones, which replaces their rows in one transaction. Why so: docs/decisions, search-segments.

-- Contents that are not in a segment yet. Written in the commit of the delivery, so that none is forgotten. One that cannot be indexed stays here, with
-- not_before 'infinity'. One index only: this is written in the commit of each delivery.
CREATE TABLE search_queue (
    content_id    bigint PRIMARY KEY,
    account_id    bigint NOT NULL,
    attempts      integer NOT NULL DEFAULT 0,
    not_before    timestamptz NOT NULL DEFAULT now(),
    last_error    text
);

CREATE SEQUENCE search_segment_ids;
CREATE TABLE search_segments (
    id            bigint PRIMARY KEY,
    account_id    bigint NOT NULL,
    level         smallint NOT NULL,                  -- log8 of the number of contents
    documents     integer NOT NULL,
    size          bigint NOT NULL,                    -- bytes of its fields
    contents      bytea NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX search_segments_account ON search_segments (account_id, level);

CREATE TABLE search_fields (
    segment_id    bigint NOT NULL,
    field         smallint NOT NULL,
    words         bytea NOT NULL,                     -- read as a whole
    postings      bytea NOT NULL,                     -- read in slices
    PRIMARY KEY (segment_id, field)
);
ALTER TABLE search_fields ALTER COLUMN postings SET STORAGE EXTERNAL;

-- The folded text of bodies, compressed by Sora, to look into when words alone do not decide
CREATE TABLE content_text (
    content_id    bigint PRIMARY KEY,
    created_at    timestamptz NOT NULL DEFAULT now(),
    text          bytea NOT NULL
);
ALTER TABLE content_text ALTER COLUMN text SET STORAGE EXTERNAL;
CREATE INDEX content_text_age ON content_text USING brin (created_at) WITH (pages_per_range = 32);

-- A database that has mail already
INSERT INTO search_queue (content_id, account_id) SELECT id, account_id FROM contents;
