-- Segments that an administrator wants made anew (sora-admin search reindex): one after the other, like those of an older format
ALTER TABLE search_segments ADD COLUMN stale boolean NOT NULL DEFAULT false;
CREATE INDEX search_segments_stale ON search_segments (id) WHERE stale; -- empty but for a while: asked every few seconds
