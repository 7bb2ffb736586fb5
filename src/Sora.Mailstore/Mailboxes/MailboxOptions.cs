using Sora.Configuration;

namespace Sora.Mailstore.Mailboxes;

/// <summary>When SELECT, NOOP and LIST ask the database whether other nodes have written.</summary>
public enum ConfirmSelect
{
    /// <summary>Where database.hosts names a database, which other nodes may use.</summary>
    Auto,
    Always,
    Never,
}

[Section("How mailboxes are kept in memory and written to PostgreSQL")]
public sealed class MailboxOptions
{
    [Option("Connections that commit records; two let one batch be sent while the other becomes durable, once as much waits as is on its way")]
    [OptionRange(1, 64)]
    public int CommitLanes { get; set; } = 2;

    [Option("Most records that one commit carries")]
    [OptionRange(1, 10_000)]
    public int CommitBatch { get; set; } = 256;

    [Option("Most bytes that one commit carries, bodies staged in the database included; a larger message goes alone")]
    [OptionRange("64KiB", "256MiB")]
    public ByteSize CommitBatchSize { get; set; } = ByteSize.MiB(8);

    [Option("How long a change is tried again when the database fails or other writers keep winning, before the client hears UNAVAILABLE")]
    [OptionRange("1s", "10m")]
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(20);

    [Option("Most requests of one mailbox that share a record")]
    [OptionRange(1, 100_000)]
    public int MaxRequestsPerRecord { get; set; } = 1000;

    [Option("Most requests that wait for one mailbox; more are refused with UNAVAILABLE")]
    [OptionRange(1, 1_000_000)]
    public int MaxWaitingRequests { get; set; } = 10_000;

    [Option("A snapshot is written after this many records")]
    [OptionRange(10, 100_000)]
    public int SnapshotEvery { get; set; } = 500;

    [Option("A mailbox that nobody uses leaves memory after this time")]
    [OptionRange("1s", "7d")]
    public TimeSpan IdleEviction { get; set; } = TimeSpan.FromMinutes(15);

    [Option("How long a request is remembered, so that the same one sent again is not carried out twice; also the window of duplicate suppression")]
    [OptionRange("1m", "30d")]
    public TimeSpan OperationMemory { get; set; } = TimeSpan.FromHours(24);

    [Option("Most requests remembered for one mailbox; the oldest are forgotten first")]
    [OptionRange(16, 1_000_000)]
    public int MaxRememberedOperations { get; set; } = 4096;

    [Option("Ask the database at each SELECT, NOOP and LIST, and before a mailbox is said not to exist, whether other nodes have changed what this one has not heard of yet: auto does where database.hosts names the database, always, never")]
    public ConfirmSelect ConfirmSelect { get; set; } = ConfirmSelect.Auto;
}
