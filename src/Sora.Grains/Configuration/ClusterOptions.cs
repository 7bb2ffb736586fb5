using System.Net;
using Sora.Configuration;

namespace Sora.Grains.Configuration;

/// <summary>[cluster]: several nodes that share the mailboxes among them.</summary>
[Section("Several nodes as one: each mailbox has its writer on one of the mailstores, and every gateway reaches it")]
public sealed class ClusterOptions : IValidatableOptions
{
    // Mailstores tell each other once a second how many mailboxes they have
    private static readonly TimeSpan MinRebalanceInterval = TimeSpan.FromSeconds(5);

    [Option("Join the cluster of the nodes that use the same database")]
    public bool Enabled { get; set; }

    [Option("Name of the cluster; nodes with another name are another cluster")]
    public string ClusterId { get; set; } = "sora";

    [Option("Name of the service, which all nodes share and which never changes")]
    public string ServiceId { get; set; } = "sora";

    [Option("Address at which the other nodes reach this mailstore, and on which it listens; the machine's first one when not set", Example = "10.0.0.11")]
    public string? AdvertisedAddress { get; set; }

    [Option("Port for the other mailstores")]
    [OptionRange(1, 65535)]
    public int SiloPort { get; set; } = 11111;

    [Option("Port for the gateways")]
    [OptionRange(1, 65535)]
    public int GatewayPort { get; set; } = 30000;

    [Option("Connection string of the database that knows the members, in Npgsql's form; [database] when not set", Secret = true, Example = "Host=db1;Database=cluster;Username=sora")]
    public string? ConnectionString { get; set; }

    [Option("Schema of the tables that know the members (orleans.sql)")]
    public string Schema { get; set; } = "orleans";

    [Option("Most connections to the database for the membership; they are not shared, so that mail cannot hold it up")]
    [OptionRange(2, 100)]
    public int MaxConnections { get; set; } = 4;

    [Option("How long a gateway tries to reach a mailbox before its client hears UNAVAILABLE")]
    [OptionRange("1s", "10m")]
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(15);

    [Option("How long an attempt of a call may take before it is made again, with the same operation id; after one that took longer, further ones may take twice as long. When the connection to a mailstore is lost, all that is under way is made again at once")]
    [OptionRange("100ms", "1m")]
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(1);

    [Option("Longest pause between two attempts")]
    [OptionRange("10ms", "10s")]
    public TimeSpan RetryPause { get; set; } = TimeSpan.FromMilliseconds(200);

    [Option("A body larger than this goes to the mailbox's node by way of the database, not in the call; 0 lets none go in a call")]
    [OptionRange("0", "1MiB")]
    public ByteSize MaxInlineBody { get; set; } = ByteSize.KiB(64);

    [Option("Most messages that a gateway sends to the mailboxes of a mailstore in one call; 1 sends each on its own")]
    [OptionRange(1, 1000)]
    public int AppendBatch { get; set; } = 64;

    [Option("A message waits no longer than this for the answers to the ones before, to go with others that come meanwhile")]
    [OptionRange("0s", "1s")]
    public TimeSpan AppendWait { get; set; } = TimeSpan.FromMilliseconds(20);

    [Option("While a mailstore commits many records, each waits for others to go in one statement as long as a statement takes, but no longer than this: several share a database, which small commits cost far more than large ones")]
    [OptionRange("0s", "100ms")]
    public TimeSpan CommitWait { get; set; } = TimeSpan.FromMilliseconds(12);

    [Option("Mailboxes of which a gateway remembers on which mailstore they are; about 100 bytes each")]
    [OptionRange(100, 10_000_000)]
    public int Places { get; set; } = 100_000;

    [Option("Most octets, about, of the records that a mailstore sends to gateways along with the news that a mailbox has changed; for more of them it is asked. 0 sends none")]
    [OptionRange("0B", "1MiB")]
    public ByteSize PushSize { get; set; } = ByteSize.KiB(16);

    [Option("Last records of a mailbox that its node keeps in memory, for gateways that are not far behind")]
    [OptionRange(1, 10_000)]
    public int RecentRecords { get; set; } = 128;

    [Option("How often a mailstore asks whether another one is there, and how long it waits for the answer")]
    [OptionRange("100ms", "1m")]
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(1);

    [Option("So many questions without an answer, and the mailstore votes for taking the other one for dead")]
    [OptionRange(1, 100)]
    public int MissedProbes { get; set; } = 2;

    [Option("Votes that declare a mailstore dead; of two mailstores one vote does")]
    [OptionRange(1, 10)]
    public int Votes { get; set; } = 2;

    [Option("A mailstore is dead as soon as a connection to it has ended and its machine refuses new ones, without questions and votes. Not where a firewall between mailstores refuses connections instead of dropping them")]
    public bool RefusedIsDead { get; set; } = true;

    [Option("How often the table of the members is read, beside what the members tell each other")]
    [OptionRange("1s", "10m")]
    public TimeSpan TableRefresh { get; set; } = TimeSpan.FromSeconds(5);

    [Option("How often a gateway reads from the table which mailstores there are; until then it sends calls to one that is dead, and none to a new one")]
    [OptionRange("200ms", "10m")]
    public TimeSpan GatewayListRefresh { get; set; } = TimeSpan.FromSeconds(1);

    [Option("How often a mailstore writes into the table that it is there")]
    [OptionRange("1s", "10m")]
    public TimeSpan IAmAlive { get; set; } = TimeSpan.FromSeconds(5);

    [Option("A mailstore that has not heard of the database for this long looks at a mailbox's log before it answers: it may have been paused, and others may have written")]
    [OptionRange("200ms", "1m")]
    public TimeSpan MaxSilence { get; set; } = TimeSpan.FromMilliseconds(1500);

    [Option("A mailbox that nobody uses leaves its mailstore after this time")]
    [OptionRange("2m", "1d")]
    public TimeSpan CollectionAge { get; set; } = TimeSpan.FromMinutes(15);

    [Option("How often it is looked whether mailboxes should move to mailstores that have fewer, such as one that has just joined; 0 for never")]
    [OptionRange("0s", "1h")]
    public TimeSpan RebalanceInterval { get; set; } = TimeSpan.FromSeconds(30);

    [Option("Most calls that wait for one mailbox; more are refused with UNAVAILABLE")]
    [OptionRange(100, 1_000_000)]
    public int MaxWaitingCalls { get; set; } = 10_000;

    [Option("How often a gateway tells the mailboxes it watches that it is still there, and hears whether it has missed anything; shorter than collection_age, and one that has said nothing for three times as long is forgotten")]
    [OptionRange("1s", "1h")]
    public TimeSpan ObserverRenewal { get; set; } = TimeSpan.FromMinutes(1);

    [Option("Shortest time between two announcements of changed mailboxes through the database. Mailstores tell gateways without it: it is for those that missed that")]
    [OptionRange("1ms", "10s", OrZero = true)]
    public TimeSpan NotifyInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    [Option("Calls at once with which a gateway renews, or makes anew, what it watches")]
    [OptionRange(1, 1000)]
    public int ObserverCalls { get; set; } = 16;

    [Option("Show the mailstores and what they do at /dashboard/ of [http], to whoever has http.token; the same on all nodes, or at least on all mailstores. docs/cluster.md says what it costs")]
    public bool Dashboard { get; set; }

    public ClusterTlsOptions Tls { get; set; } = new();

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
#if !ORLEANS
        if (Enabled)
            yield return "enabled needs a Sora that was built with Orleans, and this one was built without it (Orleans=false)";
        if (Dashboard)
            yield return "dashboard needs a Sora that was built with Orleans, and this one was built without it (Orleans=false)";
#else
        if (Dashboard && !Enabled)
            yield return "dashboard shows a cluster, and needs enabled = true";
#endif
        if (string.IsNullOrEmpty(ClusterId))
            yield return "cluster_id must not be empty";
        if (string.IsNullOrEmpty(ServiceId))
            yield return "service_id must not be empty";
        if (Schema.Length == 0 || !Schema.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_'))
            yield return "schema must be lower-case letters, digits and underscores";
        if (AdvertisedAddress is { } address && !IPAddress.TryParse(address, out _))
            yield return "advertised_address must be an IP address such as 10.0.0.11, not a name";
        if (SiloPort == GatewayPort)
            yield return "silo_port and gateway_port must differ";
        if (RebalanceInterval > TimeSpan.Zero && RebalanceInterval < MinRebalanceInterval)
            yield return "rebalance_interval must be 0 or at least 5s";
        if (AttemptTimeout > CallTimeout)
            yield return "attempt_timeout must not be longer than call_timeout";
        if (ObserverRenewal * 2 > CollectionAge)
            yield return "observer_renewal must not be longer than half of collection_age";
    }
}
