-- What an answer was noted for: a message that is delivered again after a failure may still be answered
ALTER TABLE vacation_responses
    ADD COLUMN operation bytea,
    ADD COLUMN noted_at timestamptz NOT NULL DEFAULT now();
