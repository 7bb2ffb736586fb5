using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Gateway.Connections;

namespace Sora.Gateway.Replicas;

/// <summary>The mailboxes that sessions of this process have open, each held once.</summary>
public sealed class MailboxReplicas
{
    private readonly IMailboxes _mailboxes;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Dictionary<MailboxId, MailboxReplica> _open = [];
    private readonly Lock _lock = new();

    public MailboxReplicas(IMailboxes mailboxes, GatewayMetrics metrics, TimeProvider time, ILogger<MailboxReplicas> logger)
    {
        _mailboxes = mailboxes;
        _metrics = metrics;
        _time = time;
        _logger = logger;
        metrics.Watch(this);
    }

    /// <summary>How many mailboxes are open.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _open.Count;
        }
    }

    /// <summary>How many of them have changes that are not here yet.</summary>
    public int CountBehind()
    {
        lock (_lock)
            return _open.Values.Count(static replica => replica.IsBehind);
    }

    /// <summary>Whether any session has the mailbox open.</summary>
    public bool IsOpen(MailboxId id)
    {
        lock (_lock)
            return _open.ContainsKey(id);
    }

    /// <summary>Opens a mailbox, or joins those who have it open, at its newest state. Dispose the lease to let go.</summary>
    public async ValueTask<MailResult<ReplicaLease>> OpenAsync(MailboxId id, CancellationToken cancellationToken)
    {
        var replica = Acquire(id);
        var lease = new ReplicaLease(replica, this);
        try
        {
            var error = await replica.RefreshAsync(cancellationToken).ConfigureAwait(false);
            if (error is null && !replica.IsEnded)
                return lease;
            lease.Dispose();
            return error ?? MailError.NoSuchMailbox();
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    internal void Release(MailboxReplica replica)
    {
        lock (_lock)
        {
            if (--replica.References > 0)
                return;
            _open.Remove(replica.Id);
        }

        replica.Dispose();
    }

    private MailboxReplica Acquire(MailboxId id)
    {
        MailboxReplica replica;
        lock (_lock)
        {
            if (_open.TryGetValue(id, out var known))
            {
                known.References++;
                return known;
            }

            replica = new MailboxReplica(id, _mailboxes, _metrics, _time, _logger) { References = 1 };
            _open.Add(id, replica);
        }

        return replica;
    }
}

/// <summary>A session's share in a replica.</summary>
public sealed class ReplicaLease(MailboxReplica replica, MailboxReplicas owner) : IDisposable
{
    private MailboxReplicas? _owner = owner;

    public MailboxReplica Replica => replica;

    public void Dispose() => Interlocked.Exchange(ref _owner, null)?.Release(replica);
}
