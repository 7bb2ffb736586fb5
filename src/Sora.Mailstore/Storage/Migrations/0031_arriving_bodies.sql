-- Bodies that a gateway hands to the node of a mailbox's writer, when they are too large for the call itself. A row lives as long as the call; what is left of a node
-- that died is deleted by maintenance
CREATE TABLE arriving_bodies (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at    timestamptz NOT NULL DEFAULT now(),
    body          bytea NOT NULL
);

-- Mail is compressed, or too short for it to be worth anything
ALTER TABLE arriving_bodies ALTER COLUMN body SET STORAGE EXTERNAL;
