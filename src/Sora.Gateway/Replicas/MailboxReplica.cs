using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Gateway.Connections;

namespace Sora.Gateway.Replicas;

/// <summary>
/// A copy of one mailbox's index, kept up to date: a nudge says that there is something new, and one pull at a time fetches what.
/// Nudges that come while a pull is under way are answered by one more pull after it.
/// </summary>
public sealed class MailboxReplica : IMailboxSubscriber, IThreadPoolWorkItem, IDisposable
{
    // No writer has records that lead from here: it answers with the whole index.
    private static readonly ModSeq Nothing = new(-1);

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>Records that came before those that lead to them; of more than so many none is kept, and they are pulled.</summary>
    private const int MaxOffered = 64;

    private readonly IMailboxes _mailboxes;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _pulling = new(1, 1);
    private readonly Dictionary<ModSeq, MailboxDelta> _offered = []; // under _lock
    private IReplicaListener[] _listeners = [];
    private IDisposable? _subscription;
    private bool _subscribed;
    private bool _ended;
    private bool _gone;
    private MailboxIndex? _current;
    private long _announced;
    private int _queued;
    private long _pulled;
    private long _behindSince;

    internal MailboxReplica(MailboxId id, IMailboxes mailboxes, GatewayMetrics metrics, TimeProvider time, ILogger logger)
    {
        Id = id;
        _mailboxes = mailboxes;
        _metrics = metrics;
        _time = time;
        _logger = logger;
        Mailbox = mailboxes.Get(id);
    }

    public MailboxId Id { get; }

    /// <summary>The mailbox's writer.</summary>
    public IMailbox Mailbox { get; }

    /// <summary>The newest state known here; null only before the first pull.</summary>
    public MailboxIndex? Current => Volatile.Read(ref _current);

    /// <summary>The mailbox was deleted: <see cref="Current"/> stays at its last state.</summary>
    public bool IsEnded => Volatile.Read(ref _gone);

    /// <summary>A newer state has been announced and is not here yet.</summary>
    public bool IsBehind => !IsEnded && Volatile.Read(ref _announced) > (Current?.HighestModSeq.Value ?? -1);

    internal int References { get; set; }

    /// <inheritdoc/>
    public void Changed(MailboxId mailbox, ModSeq modSeq)
    {
        Announce(modSeq);
        if (IsBehind && Interlocked.Exchange(ref _queued, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <inheritdoc/>
    public void Changed(MailboxId mailbox, ModSeq modSeq, IReadOnlyList<MailboxDelta> records)
    {
        if (records.Count > 0 && Current is { } current)
        {
            lock (_lock)
            {
                foreach (var record in records)
                {
                    if (record.ModSeq > current.HighestModSeq && _offered.Count < MaxOffered)
                        _offered[record.ModSeq] = record;
                }
            }
        }

        Changed(mailbox, modSeq);
    }

    /// <summary>Brings the replica to at least this state, or the newest announced one; an error when it cannot be reached now.</summary>
    public ValueTask<MailError?> CatchUpAsync(ModSeq atLeast, CancellationToken cancellationToken)
    {
        Announce(atLeast);
        return IsBehind ? PullAsync(always: false, cancellationToken) : default;
    }

    /// <summary>Asks the writer, unless all that was acknowledged is announced here and somebody has within the last <paramref name="maxAge"/>.</summary>
    public ValueTask<MailError?> RefreshAsync(CancellationToken cancellationToken, TimeSpan maxAge = default) =>
        IsBehind || Current is null || maxAge == default || _mailboxes.HearsLate || _time.GetElapsedTime(Volatile.Read(ref _pulled)) > maxAge
            ? PullAsync(always: true, cancellationToken)
            : default;

    public void AddListener(IReplicaListener listener)
    {
        lock (_lock)
            _listeners = [.. _listeners, listener];
    }

    public void RemoveListener(IReplicaListener listener)
    {
        lock (_lock)
            _listeners = [.. _listeners.Where(other => other != listener)];
    }

    void IThreadPoolWorkItem.Execute() => _ = PullAnnouncedAsync();

    /// <summary>Ends the subscription. A pull that is under way may still finish.</summary>
    public void Dispose()
    {
        IDisposable? subscription;
        lock (_lock)
        {
            _ended = true;
            subscription = _subscription;
            _subscription = null;
        }

        subscription?.Dispose();
    }

    private void Announce(ModSeq modSeq)
    {
        var known = Volatile.Read(ref _announced);
        while (modSeq.Value > known)
        {
            var before = Interlocked.CompareExchange(ref _announced, modSeq.Value, known);
            if (before == known)
            {
                if (IsBehind)
                    Interlocked.CompareExchange(ref _behindSince, _time.GetTimestamp(), 0);
                return;
            }

            known = before;
        }
    }

    // Runs on the thread pool; ends with the replica caught up or, after an error, by itself a second later.
    private async Task PullAnnouncedAsync()
    {
        while (!Volatile.Read(ref _ended))
        {
            Volatile.Write(ref _queued, 0);
            MailError? error;
            try
            {
                error = await PullAsync(always: false, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                Log.PullFailed(_logger, Id, e);
                error = MailError.Unavailable();
            }

            if (error is null || Interlocked.Exchange(ref _queued, 1) != 0)
                return;
            await Task.Delay(RetryAfter, _time, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async ValueTask<MailError?> PullAsync(bool always, CancellationToken cancellationToken)
    {
        await _pulling.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Subscribe();
            while (always || IsBehind)
            {
                var current = Current;
                if (ApplyOffered(current) is { } offered)
                {
                    Replace(offered);
                    continue;
                }

                var opened = await Mailbox.OpenAsync(current?.HighestModSeq ?? Nothing, cancellationToken).ConfigureAwait(false);
                if (opened.Error?.Code == MailErrorCode.NonExistent)
                    End();
                if (!opened.IsOk)
                    return opened.Error;
                Volatile.Write(ref _pulled, _time.GetTimestamp());
                var newer = Apply(current, opened.Value);
                if (ReferenceEquals(newer, current))
                    return always ? null : MailError.Unavailable("The mailbox's newest state is not available yet");
                always &= opened.Value.IsUnconfirmed;
                Replace(newer!);
            }

            return null;
        }
        finally
        {
            _pulling.Release();
        }
    }

    private void Replace(MailboxIndex newer)
    {
        Volatile.Write(ref _current, newer);
        Announce(newer.HighestModSeq);
        Tell();
        if (!IsBehind && Interlocked.Exchange(ref _behindSince, 0) is var since and not 0)
            _metrics.ReplicaLag.Record(_time.GetElapsedTime(since).TotalSeconds);
        if (newer.IsEnded)
            End();
    }

    // What was sent unasked, as far as it follows on what is here; null when nothing does
    private MailboxIndex? ApplyOffered(MailboxIndex? current)
    {
        lock (_lock)
        {
            if (current is null || _offered.Count == 0)
                return null;
            var newer = current;
            while (_offered.Remove(newer.HighestModSeq.Next, out var record))
                newer = newer.Apply(record);
            foreach (var modSeq in _offered.Keys)
            {
                if (modSeq <= newer.HighestModSeq)
                    _offered.Remove(modSeq);
            }

            return ReferenceEquals(newer, current) ? null : newer;
        }
    }

    private void End()
    {
        Volatile.Write(ref _gone, true);
        Tell();
    }

    private void Tell()
    {
        foreach (var listener in Volatile.Read(ref _listeners))
            listener.ReplicaChanged();
    }

    private MailboxIndex Apply(MailboxIndex? current, MailboxUpdate update)
    {
        if (update.Index is { } whole)
            return current is null || whole.HighestModSeq > current.HighestModSeq ? whole : current;
        var index = current ?? throw new InvalidOperationException($"Mailbox {Id} answered with records to a reader that has no state");
        foreach (var delta in update.Deltas)
        {
            if (delta.ModSeq > index.HighestModSeq)
                index = index.Apply(delta);
        }

        return index;
    }

    // First subscribe, then open: what changes in between is announced.
    private void Subscribe()
    {
        if (_subscribed)
            return;
        var subscription = _mailboxes.Subscribe(Id, this);
        lock (_lock)
        {
            _subscribed = true;
            if (!_ended)
            {
                _subscription = subscription;
                return;
            }
        }

        subscription.Dispose();
    }
}
