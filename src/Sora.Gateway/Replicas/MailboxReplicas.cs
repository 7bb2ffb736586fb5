using Microsoft.Extensions.Logging;
using Sora.Contracts;

namespace Sora.Gateway.Replicas;

/// <summary>The mailboxes that sessions of this process have open, each held once.</summary>
public sealed class MailboxReplicas(IMailboxes mailboxes, TimeProvider time, ILogger<MailboxReplicas> logger)
{
    private readonly Dictionary<MailboxId, MailboxReplica> _open = [];
    private readonly Lock _lock = new();

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

            replica = new MailboxReplica(id, mailboxes, time, logger) { References = 1 };
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
