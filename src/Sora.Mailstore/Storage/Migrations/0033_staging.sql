-- works with 0032
-- A node that leaves bodies in the database to others finds its own files without reading all that is staged
CREATE INDEX staged_bodies_files ON staged_bodies (node, not_before, id) WHERE node IS NOT NULL;

-- What is staged, as one of the nodes counted it a moment ago: each of them wants to know, and one needs to count; the longer that took, the later it is done again
CREATE TABLE staging_backlog (
    is_only       boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    counted_at    timestamptz NOT NULL,
    next_at       timestamptz NOT NULL,
    bodies        bigint NOT NULL DEFAULT 0,
    bytes         bigint NOT NULL DEFAULT 0,
    oldest        timestamptz
);
INSERT INTO staging_backlog (counted_at, next_at) VALUES ('-infinity', '-infinity');
