using Sora.Contracts;
using Sora.Grains.Configuration;

namespace Sora.Grains.Mailboxes;

/// <summary>Appends to mailboxes of one mailstore. A call takes all that waits, and goes when nothing is on its way, or as much waits, or somebody has waited for long enough: a mailbox that is slow does not hold up the others.</summary>
internal sealed class AppendLane(IMailstoreService mailstore, ClusterOptions options, ClusterMetrics metrics, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Queue<Waiting> _waiting = new();
    private int _onTheirWay;
    private bool _isTimed;

    // Half of it, and looked at as often, so that nobody waits longer than append_wait
    private TimeSpan Patience => options.AppendWait / 2;

    // Timers drop what is less than a millisecond: without it this would go round until that is over
    private TimeSpan Pause => TimeSpan.FromMilliseconds(Math.Ceiling(Patience.TotalMilliseconds));

    /// <summary>Sends an append with others. An exception leaves its outcome unknown.</summary>
    public Task<PlacedAppend> AppendAsync(MailboxAppend append)
    {
        var waiting = new Waiting(append, time.GetTimestamp());
        List<Waiting>? batch;
        lock (_lock)
        {
            _waiting.Enqueue(waiting);
            batch = TakeDue();
        }

        if (batch is not null)
            _ = SendAsync(batch);
        return waiting.Completion.Task;
    }

    // Under the lock
    private List<Waiting>? TakeDue()
    {
        if (_waiting.Count == 0)
            return null;
        if (_waiting.Count < _onTheirWay && _waiting.Count < options.AppendBatch && time.GetElapsedTime(_waiting.Peek().Since) < Patience)
        {
            if (!_isTimed)
            {
                _isTimed = true;
                _ = SendLaterAsync();
            }

            return null;
        }

        var batch = new List<Waiting>(Math.Min(_waiting.Count, options.AppendBatch));
        while (batch.Count < options.AppendBatch && _waiting.TryDequeue(out var next))
            batch.Add(next);
        _onTheirWay += batch.Count;
        return batch;
    }

    private async Task SendLaterAsync()
    {
        await Task.Delay(Pause, time).ConfigureAwait(false);
        List<Waiting>? batch;
        lock (_lock)
        {
            _isTimed = false;
            batch = TakeDue();
        }

        await SendAsync(batch).ConfigureAwait(false);
    }

    private async Task SendAsync(List<Waiting>? batch)
    {
        while (batch is not null)
        {
            await SendOnceAsync(batch).ConfigureAwait(false);
            lock (_lock)
            {
                _onTheirWay -= batch.Count;
                batch = TakeDue();
            }
        }
    }

    private async Task SendOnceAsync(List<Waiting> batch)
    {
        try
        {
            var results = await mailstore.AppendAsync(new MailboxAppends(batch.ConvertAll(static one => one.Append))).ConfigureAwait(false);
            metrics.AppendsSent(batch.Count); // before anybody hears of it: whoever counts then misses none
            for (var i = 0; i < batch.Count; i++)
                batch[i].Completion.SetResult(results[i]);
        }
        catch (Exception e)
        {
            foreach (var one in batch)
            {
                if (one.Completion.TrySetException(e))
                    _ = one.Completion.Task.Exception; // whoever waited may have left
            }
        }
    }

    private sealed class Waiting(MailboxAppend append, long since)
    {
        public MailboxAppend Append => append;

        public long Since => since;

        public TaskCompletionSource<PlacedAppend> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
