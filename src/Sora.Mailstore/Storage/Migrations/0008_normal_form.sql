-- Names are in Normalization Form C from here on (RFC 9051 section 5.1). Where two of an account look the same, the one that is in it already, or else the older one,
-- keeps the name; the others get their number behind it.
DO $$
BEGIN
    IF current_setting('server_encoding') <> 'UTF8' THEN
        RETURN; -- no such names can be stored
    END IF;

    UPDATE accounts SET list_version = list_version + 1 WHERE id IN (
        SELECT account_id FROM mailboxes WHERE deleted_at IS NULL AND name IS NOT NFC NORMALIZED
        UNION SELECT account_id FROM subscriptions WHERE name IS NOT NFC NORMALIZED);

    UPDATE mailboxes AS m SET name = normalize(m.name, NFC) || CASE WHEN r.rank > 1 THEN ' (' || m.id || ')' ELSE '' END
    FROM (
        SELECT id, row_number() OVER (PARTITION BY account_id, normalize(name, NFC) ORDER BY name IS NFC NORMALIZED DESC, id) AS rank
        FROM mailboxes WHERE deleted_at IS NULL) AS r
    WHERE r.id = m.id AND m.name IS NOT NFC NORMALIZED;

    INSERT INTO subscriptions (account_id, name)
    SELECT account_id, normalize(name, NFC) FROM subscriptions WHERE name IS NOT NFC NORMALIZED ON CONFLICT DO NOTHING;
    DELETE FROM subscriptions WHERE name IS NOT NFC NORMALIZED;
END $$;
