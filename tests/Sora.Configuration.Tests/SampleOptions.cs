namespace Sora.Configuration.Tests;

public enum StagingMode
{
    Database,
    Disk,
    ObjectStore,
}

public enum TlsMode
{
    None,
    StartTls,
    Implicit,
}

/// <summary>A root with every kind of option.</summary>
public sealed class SampleOptions : IValidatableOptions
{
    [Option("Name of this node.")]
    public string NodeName { get; set; } = "sora";

    public ImapOptions Imap { get; } = new();

    public DatabaseOptions Database { get; init; } = new();

    public IReadOnlyList<ListenerOptions> Listener { get; set; } = [new() { Port = 143 }, new() { Port = 993, Tls = TlsMode.Implicit }];

    public RelayOptions? Relay { get; set; }

    public string NotAnOption => NodeName;

    public IEnumerable<string> Validate()
    {
        if (Database.PoolMin > Database.PoolMax && NodeName == "strict")
        {
            yield return "database.pool_min breaks the root's rule";
        }
    }
}

[Section("The IMAP server.")]
public sealed class ImapOptions
{
    [Option("Longest command line.", Reference = "RFC 9051 4")]
    [OptionRange("1KiB", "1MiB")]
    public ByteSize MaxLine { get; set; } = ByteSize.KiB(64);

    [Option("Silence after which a client is logged out.", Reference = "RFC 9051 5.4")]
    [OptionRange("1m", "1d", OrZero = true)]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(30);

    [Option("Most sessions.")]
    [OptionRange(1, 100_000)]
    public int MaxSessions { get; set; } = 1000;

    [Option("Most messages.")]
    public long MaxMessages { get; set; } = 1L << 40;

    [Option("Share of memory.")]
    [OptionRange(0.0, 1.0)]
    public double MemoryShare { get; set; } = 0.5;

    [Option("Accept clients.")]
    public bool Enabled { get; set; } = true;

    [Option("Capabilities to hide.")]
    public string[] DisabledCaps { get; set; } = [];

    [Option("Networks that are trusted.", Example = "10.0.0.0/8, ::1")]
    public IReadOnlyList<string>? TrustedNetworks { get; set; }

    [Option("Waits between attempts.")]
    [OptionRange("1ms", "1h")]
    public IReadOnlyList<TimeSpan> Backoff { get; set; } = [TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(90)];

    [Option("Sessions of one user; unset for no limit.", Example = "15")]
    [OptionRange(1, double.PositiveInfinity)]
    public int? PerUser { get; set; }

    [Option("Where a message is durable before 250.")]
    public StagingMode Staging { get; set; } = StagingMode.Disk;
}

[Section("PostgreSQL.")]
public sealed class DatabaseOptions : IValidatableOptions
{
    [Option("Password.", Secret = true)]
    public string? Password { get; set; }

    [Option("Keys that open the admin API.", Secret = true)]
    public IReadOnlyList<string> ApiKeys { get; set; } = [];

    [Option("Fewest connections.")]
    public int PoolMin { get; set; } = 2;

    [Option("Most connections.")]
    public int PoolMax { get; set; } = 10;

    public EndpointOptions Write { get; init; } = new();

    public IEnumerable<string> Validate()
    {
        if (PoolMin > PoolMax)
        {
            yield return $"pool_min must not be larger than pool_max ({PoolMax})";
        }

        if (Write.Host == "forbidden")
        {
            yield return "write.host is forbidden";
        }
    }
}

[Section("The primary.")]
public sealed class EndpointOptions
{
    [Option("Host name.")]
    public string Host { get; set; } = "localhost";

    [Option("Port.")]
    [OptionRange(1, 65535)]
    public int Port { get; set; } = 5432;
}

[Section("A socket to listen on.")]
public sealed class ListenerOptions
{
    [Option("Port.")]
    [OptionRange(1, 65535)]
    public int Port { get; set; } = 143;

    [Option("How TLS begins.")]
    public TlsMode Tls { get; set; } = TlsMode.StartTls;

    public List<FilterOptions> Filter { get; set; } = [];
}

[Section("What a listener hides from some clients.")]
public sealed class FilterOptions
{
    [Option("Name that the client gives.")]
    public string Client { get; set; } = "";

    [Option("Token of the client.", Secret = true)]
    public string Token { get; set; } = "";
}

[Section("The smart host.")]
public sealed class RelayOptions
{
    [Option("Host name.", Example = "relay.example")]
    public string Host { get; set; } = null!;
}
