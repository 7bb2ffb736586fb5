using System.Diagnostics.Metrics;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore;

/// <summary>The engine's instruments on the meter <c>Sora</c>; durations in seconds.</summary>
public sealed class MailstoreMetrics : IDisposable
{
    private readonly Meter _meter = new("Sora");
    private readonly Counter<long> _records;
    private readonly Histogram<double> _commitDuration;
    private readonly Histogram<int> _batchSize;
    private readonly Counter<long> _lost;
    private readonly Counter<long> _siteFileFailures;
    private readonly Counter<long> _auditLost;
    private long _committed;

    public MailstoreMetrics()
    {
        _records = _meter.CreateCounter<long>("sora_mailbox_records_total", description: "Records committed to mailbox logs");
        _commitDuration = _meter.CreateHistogram<double>("sora_commit_duration_seconds", "s", "Time of one commit of a batch of records");
        _batchSize = _meter.CreateHistogram<int>("sora_commit_batch_records", description: "Records in one commit");
        _lost = _meter.CreateCounter<long>("sora_commit_lost_total", description: "Records that were planned again, by reason");
        _auditLost = _meter.CreateCounter<long>("sora_audit_lost_total", description: "Entries of the audit log that were lost because the database was away");
        _siteFileFailures = _meter.CreateCounter<long>(
            "sora_sieve_file_failures_total", description: "Times that a script or list of the site was looked for in its file and could not be read or used");
    }

    /// <summary>Records that this process has committed so far.</summary>
    internal long CommittedRecords => Interlocked.Read(ref _committed);

    internal void Committed(int records, TimeSpan duration)
    {
        Interlocked.Add(ref _committed, records);
        _records.Add(records);
        _batchSize.Record(records);
        _commitDuration.Record(duration.TotalSeconds);
    }

    internal void CommitLost(CommitOutcome outcome) =>
        _lost.Add(1, new KeyValuePair<string, object?>("reason", outcome == CommitOutcome.Lost ? "fence" : "database"));

    internal void AuditLost(int entries) => _auditLost.Add(entries);

    internal void SiteFileFailed() => _siteFileFailures.Add(1);

    internal void ObserveOpenMailboxes(Func<int> count) =>
        _meter.CreateObservableGauge("sora_mailboxes_open", count, description: "Mailboxes in memory");

    /// <summary>Shows how a storm of logins goes.</summary>
    public void ObservePasswordChecks(Func<long> checks, Func<int> waiting)
    {
        _meter.CreateObservableCounter("sora_password_checks_total", checks, description: "Passwords that were hashed to check them");
        _meter.CreateObservableGauge("sora_password_checks_waiting", waiting, description: "Password checks that wait for a thread");
    }

    internal void ObserveLoginLimits(Func<int> entries, Func<(int Addresses, int Users, int Pairs)> blocked)
    {
        _meter.CreateObservableGauge("sora_login_limit_entries", entries, description: "Networks, users and pairs whose wrong passwords are counted in memory");
        _meter.CreateObservableGauge(
            "sora_login_blocks",
            () =>
            {
                var (addresses, users, pairs) = blocked();
                return new Measurement<int>[]
                {
                    new(addresses, new KeyValuePair<string, object?>("kind", "address")),
                    new(users, new KeyValuePair<string, object?>("kind", "user")),
                    new(pairs, new KeyValuePair<string, object?>("kind", "pair")),
                };
            },
            description: "Networks, users and pairs that are blocked, as far as this node knows");
    }

    /// <summary>For the parts of the engine that have instruments of their own.</summary>
    internal Meter Meter => _meter;

    public void Dispose() => _meter.Dispose();
}
