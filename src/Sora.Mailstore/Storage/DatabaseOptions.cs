using Sora.Configuration;
using Sora.Mailstore.Storage.Embedded;

namespace Sora.Mailstore.Storage;

/// <summary>How much of the connection to PostgreSQL is encrypted and checked.</summary>
public enum DatabaseTls
{
    /// <summary>Never encrypted.</summary>
    Disable,

    /// <summary>Encrypted when the server offers it, certificate not checked.</summary>
    Prefer,

    /// <summary>Always encrypted, certificate not checked.</summary>
    Require,

    /// <summary>Always encrypted, the certificate must come from a trusted authority.</summary>
    VerifyCa,

    /// <summary>Always encrypted, the certificate must come from a trusted authority and name the host.</summary>
    VerifyFull,
}

/// <summary>Section <c>[database]</c>: where PostgreSQL is and how Sora talks to it.</summary>
[Section("PostgreSQL, which holds everything but message bodies")]
public sealed class DatabaseOptions : IValidatableOptions
{
    [Option("Run a private PostgreSQL in the data folder (true), or use the server named by hosts (false)")]
    public bool Embedded { get; set; } = true;

    [Option("Hosts of the primary: name, name:port or the absolute path of a Unix socket folder; of several, the writable one is used",
        Example = "[\"db1.example\", \"db2.example:5433\"]")]
    public IReadOnlyList<string> Hosts { get; set; } = [];

    [Option("Port of hosts that name none")]
    [OptionRange(1, 65535)]
    public int Port { get; set; } = 5432;

    [Option("Name of the database on hosts")]
    public string Name { get; set; } = "sora";

    [Option("Database user on hosts")]
    public string User { get; set; } = "sora";

    [Option("Password of the database user; none for peer or certificate authentication", Secret = true, Example = "secret")]
    public string? Password { get; set; }

    [Option("TLS to the database: disable, prefer (unchecked, if offered), require (unchecked), verify_ca or verify_full")]
    public DatabaseTls Tls { get; set; } = DatabaseTls.Prefer;

    [Option("PEM file of the authorities trusted by verify_ca and verify_full; the system's when not set", Example = "/etc/sora/postgres-ca.pem")]
    public string? RootCertificate { get; set; }

    [Option("PEM file of the certificate Sora shows the database", Example = "/etc/sora/postgres-client.pem")]
    public string? ClientCertificate { get; set; }

    [Option("PEM file of the private key of client_certificate", Example = "/etc/sora/postgres-client.key")]
    public string? ClientKey { get; set; }

    [Option("Name by which the database's own views list Sora's connections")]
    public string ApplicationName { get; set; } = "sora";

    [Option("Longest wait for a connection, new or from a pool")]
    [OptionRange("1s", "5m")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    [Option("Longest wait for the database at start")]
    [OptionRange("1s", "1h")]
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromMinutes(1);

    [Option("The server ends a statement that runs longer; 0 leaves it to the server's settings")]
    [OptionRange("1s", "1h", OrZero = true)]
    public TimeSpan StatementTimeout { get; set; } = TimeSpan.FromMinutes(1);

    [Option("The server ends a statement that waits longer for a lock; 0 leaves it to the server's settings")]
    [OptionRange("100ms", "1h", OrZero = true)]
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromSeconds(10);

    [Option("Statements kept prepared per connection; 0 for poolers that cannot hold them")]
    [OptionRange(0, 1000)]
    public int PreparedStatements { get; set; } = 100;

    [Option("Shortest time between two announcements of changes to the other nodes: what changes meanwhile is told together. The first after a pause goes at once")]
    [OptionRange("1ms", "1s", OrZero = true)]
    public TimeSpan NotifyInterval { get; set; } = TimeSpan.FromMilliseconds(10);

    [Option("Bring the schema up to date at start (true), or refuse to start when it is not (false)")]
    public bool MigrateAtStart { get; set; } = true;

    [Option("Longest wait for another node that is migrating, and for a lock a migration needs")]
    [OptionRange("1s", "1d")]
    public TimeSpan MigrationTimeout { get; set; } = TimeSpan.FromMinutes(10);

    [Option("A migration that waits for a lock for so long gives way, since whoever wants the table meanwhile waits behind it, and is tried again after the same time")]
    [OptionRange("10ms", "1m")]
    public TimeSpan MigrationLockTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Section <c>[database.write]</c>.</summary>
    public DatabasePoolOptions Write { get; set; } = new();

    /// <summary>Section <c>[database.read]</c>.</summary>
    public DatabaseReadPoolOptions Read { get; set; } = new();

    /// <summary>Section <c>[database.embedded_server]</c>.</summary>
    public EmbeddedPostgresOptions EmbeddedServer { get; set; } = new();

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (!Embedded && Hosts.Count == 0)
            yield return "hosts must name at least one server when embedded is false";
        if (Embedded && Hosts.Count > 0)
            yield return "hosts must be empty when embedded is true";
        if (Embedded && Read.Hosts.Count > 0)
            yield return "read.hosts must be empty when embedded is true";
        foreach (var host in Hosts)
        {
            if (!DatabaseHost.TryParse(host, Port, out _))
                yield return $"hosts has '{host}', which is no name, name:port or absolute folder";
        }

        foreach (var host in Read.Hosts)
        {
            if (!DatabaseHost.TryParse(host, Port, out _))
                yield return $"read.hosts has '{host}', which is no name, name:port or absolute folder";
        }

        if (string.IsNullOrEmpty(Name))
            yield return "name must not be empty";
        if (string.IsNullOrEmpty(User))
            yield return "user must not be empty";
        if (ClientKey is not null && ClientCertificate is null)
            yield return "client_key needs client_certificate";
        if (Write.MinConnections > Write.MaxConnections)
            yield return "write.min_connections must not be larger than write.max_connections";
        if (Read.MinConnections > Read.MaxConnections)
            yield return "read.min_connections must not be larger than read.max_connections";

        // Beside the pools: the migration, two listeners, sora-admin, and the three the server keeps for superusers
        const int besidePools = 10;
        if (Embedded && Write.MaxConnections + Read.MaxConnections + besidePools > EmbeddedServer.MaxConnections)
            yield return $"embedded_server.max_connections must be at least write.max_connections + read.max_connections + {besidePools}";
    }
}

/// <summary>Section <c>[database.write]</c>: one pool of connections.</summary>
[Section("The pool of connections to the primary")]
public class DatabasePoolOptions
{
    [Option("Most connections")]
    [OptionRange(1, 1000)]
    public int MaxConnections { get; set; } = 8;

    [Option("Connections kept open when idle")]
    [OptionRange(0, 1000)]
    public int MinConnections { get; set; } = 4;

    [Option("A connection older than this is replaced; 0 keeps it, and a long time suits a single server")]
    [OptionRange("10s", "7d", OrZero = true)]
    public TimeSpan ConnectionLifetime { get; set; } = TimeSpan.FromHours(1);

    [Option("A connection idle for longer is closed")]
    [OptionRange("1s", "1d")]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(5);

    [Option("Sora gives up a command that was not answered for this long; 0 waits for ever")]
    [OptionRange("1s", "1h", OrZero = true)]
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(90);
}

/// <summary>Section <c>[database.read]</c>: the pool for reads that may lag behind, over the read replicas if there are any.</summary>
[Section("The pool of connections for reads that may lag a little; uses the primary when it has no hosts of its own")]
public sealed class DatabaseReadPoolOptions : DatabasePoolOptions
{
    [Option("Hosts of read replicas, in the form of database.hosts; reads are balanced over them, and a dead one is left out",
        Example = "[\"replica1.example\", \"replica2.example\"]")]
    public IReadOnlyList<string> Hosts { get; set; } = [];
}
