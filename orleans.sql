-- What the membership of a cluster needs in PostgreSQL. Microsoft.Orleans.Clustering.AdoNet 10.4.2 asks for a table OrleansQuery with one statement for each thing that it does, and
-- knows nothing else of the database: the tables behind the statements are Sora's. `sora-admin migrate up`, and `sora run`, do this as migration 30. Run it yourself
-- only where cluster.connection_string names another database than [database] does; with another schema, write its name for orleans everywhere.
DO $$
BEGIN
    -- Whoever may not create schemas has it created before
    IF to_regnamespace('orleans') IS NULL THEN
        CREATE SCHEMA orleans;
    END IF;
END
$$;

-- One row for each cluster. Whoever changes its members names the version that it has seen; of two, one is refused
CREATE TABLE orleans.clusters (
    cluster_id    text PRIMARY KEY,
    version       integer NOT NULL DEFAULT 0,
    changed_at    timestamptz NOT NULL DEFAULT now()
);

-- One row for each start of a mailstore
CREATE TABLE orleans.members (
    cluster_id    text NOT NULL REFERENCES orleans.clusters (cluster_id) ON DELETE CASCADE,
    address       text NOT NULL,
    port          integer NOT NULL,
    generation    integer NOT NULL,
    silo_name     text NOT NULL,
    host_name     text NOT NULL,
    status        integer NOT NULL,                   -- 1 created, 2 joining, 3 active, 4 shutting down, 5 stopping, 6 dead
    gateway_port  integer,
    suspected     text,                               -- who takes it for dead, and since when
    started_at    timestamptz NOT NULL,
    alive_at      timestamptz NOT NULL,
    PRIMARY KEY (cluster_id, address, port, generation)
);

CREATE TABLE orleans.OrleansQuery (
    QueryKey      text PRIMARY KEY,
    QueryText     text NOT NULL
);

INSERT INTO orleans.OrleansQuery (QueryKey, QueryText) VALUES
('InsertMembershipVersionKey', $$
    WITH added AS (INSERT INTO clusters (cluster_id) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
    SELECT count(*)::integer FROM added
$$),
('InsertMembershipKey', $$
    WITH advanced AS (
        UPDATE clusters SET version = version + 1, changed_at = now()
        WHERE cluster_id = @DeploymentId AND version = @Version
            AND NOT EXISTS (
                SELECT FROM members WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING cluster_id
    ), added AS (
        INSERT INTO members (cluster_id, address, port, generation, silo_name, host_name, status, gateway_port, started_at, alive_at)
        SELECT cluster_id, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM advanced
        RETURNING 1
    )
    SELECT count(*)::integer FROM added
$$),
('UpdateMembershipKey', $$
    WITH advanced AS (
        UPDATE clusters SET version = version + 1, changed_at = now()
        WHERE cluster_id = @DeploymentId AND version = @Version
            AND EXISTS (SELECT FROM members WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING cluster_id
    ), changed AS (
        UPDATE members m SET status = @Status, suspected = @SuspectTimes, alive_at = GREATEST(alive_at, @IAmAliveTime)
        FROM advanced a
        WHERE m.cluster_id = a.cluster_id AND address = @Address AND port = @Port AND generation = @Generation
        RETURNING 1
    )
    SELECT count(*)::integer FROM changed
$$),
('UpdateIAmAlivetimeKey', $$
    UPDATE members SET alive_at = GREATEST(alive_at, @IAmAliveTime)
    WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
$$),
-- The version comes also when there is no such member
('MembershipReadRowKey', $$
    SELECT c.cluster_id AS DeploymentId, m.address AS Address, m.port AS Port, m.generation AS Generation, m.silo_name AS SiloName, m.host_name AS HostName,
        m.status AS Status, m.gateway_port AS ProxyPort, m.suspected AS SuspectTimes, m.started_at AS StartTime, m.alive_at AS IAmAliveTime, c.version AS Version
    FROM clusters c
    LEFT JOIN members m ON m.cluster_id = c.cluster_id AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
    WHERE c.cluster_id = @DeploymentId
$$),
('MembershipReadAllKey', $$
    SELECT c.cluster_id AS DeploymentId, m.address AS Address, m.port AS Port, m.generation AS Generation, m.silo_name AS SiloName, m.host_name AS HostName,
        m.status AS Status, m.gateway_port AS ProxyPort, m.suspected AS SuspectTimes, m.started_at AS StartTime, m.alive_at AS IAmAliveTime, c.version AS Version
    FROM clusters c
    LEFT JOIN members m ON m.cluster_id = c.cluster_id
    WHERE c.cluster_id = @DeploymentId
$$),
('GatewaysQueryKey', $$
    SELECT address AS Address, gateway_port AS ProxyPort, generation AS Generation FROM members
    WHERE cluster_id = @DeploymentId AND status = @Status AND gateway_port > 0
$$),
('DeleteMembershipTableEntriesKey', $$
    DELETE FROM clusters WHERE cluster_id = @DeploymentId
$$),
('CleanupDefunctSiloEntriesKey', $$
    DELETE FROM members
    WHERE cluster_id = @DeploymentId AND status = 6 AND alive_at < @IAmAliveTime AND started_at < @IAmAliveTime
$$),
('CleanupDefunctSiloEntryKey', $$
    DELETE FROM members
    WHERE cluster_id = @DeploymentId AND status = 6 AND address = @Address AND port = @Port AND generation = @Generation
        AND alive_at = @IAmAliveTime AND started_at = @StartTime AND COALESCE(suspected, '') = COALESCE(@SuspectTimes, '')
$$);
