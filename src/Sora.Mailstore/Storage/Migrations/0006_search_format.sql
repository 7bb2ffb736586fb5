-- Segments say what they are like (SegmentFormat in Sora.Mailstore): those of an older format are made anew behind the mail that arrives.
ALTER TABLE search_segments
    ADD COLUMN format smallint NOT NULL DEFAULT 1,
    ADD COLUMN renewing boolean NOT NULL DEFAULT false;             -- its contents are in search_queue again; it goes when they are done
