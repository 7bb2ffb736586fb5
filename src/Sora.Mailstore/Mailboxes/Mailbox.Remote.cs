using Sora.Contracts;

namespace Sora.Mailstore.Mailboxes;

// What replicas in other processes ask for: in this one an index costs a pointer, there it costs its bytes
internal sealed partial class Mailbox
{
    private readonly Queue<MailboxDelta> _recent = new(); // records that follow each other; the last one leads to the index or beyond it

    private ModSeq _lastKept;

    /// <summary>The records since a state, if they are at hand, or the whole index.</summary>
    public async Task<MailResult<MailboxUpdate>> OpenRemoteAsync(ModSeq known, CancellationToken cancellationToken)
    {
        var opened = await OpenAsync(known, cancellationToken);
        if (!opened.IsOk)
            return opened;
        var index = opened.Value.Index!;
        if (known > index.HighestModSeq)
        {
            // Whoever asks has heard of more than we know: somebody else has written
            MarkStale();
            opened = await OpenAsync(known, cancellationToken);
            if (!opened.IsOk)
                return opened;
            index = opened.Value.Index!;
        }

        if (known.Value <= 0 && opened.Value.IsUnconfirmed)
        {
            // Who has nothing yet is about to SELECT: it need not ask twice
            opened = await OpenAsync(index.HighestModSeq, cancellationToken);
            if (!opened.IsOk)
                return opened;
            index = opened.Value.Index!;
        }

        var isUnconfirmed = opened.Value.IsUnconfirmed;
        if (known.Value <= 0 || known > index.HighestModSeq)
            return new MailboxUpdate(index, []) { IsUnconfirmed = isUnconfirmed };
        if (known == index.HighestModSeq)
            return new MailboxUpdate(null, []);
        IReadOnlyList<MailboxDelta>? records = FindRecent(known, index.HighestModSeq);
        records ??= await ReadSinceAsync(known, index.HighestModSeq, cancellationToken);
        return (records is null ? new MailboxUpdate(index, []) : new MailboxUpdate(null, records)) with { IsUnconfirmed = isUnconfirmed };
    }

    /// <summary>How many messages no session has been told of yet.</summary>
    public async Task<MailResult<int>> CountRecentAsync(CancellationToken cancellationToken)
    {
        var opened = await OpenAsync(default, cancellationToken);
        if (!opened.IsOk)
            return opened.Error;
        var index = opened.Value.Index!;
        lock (_lock)
            return index.Count - index.LowerBound(_firstRecent.Value);
    }

    /// <summary>The newest state, from memory or else from the log.</summary>
    public async Task<ModSeq> NewestModSeqAsync(CancellationToken cancellationToken)
    {
        if (TryGetFresh(out var index))
            return index.HighestModSeq;
        try
        {
            return await _host.Store.ReadNewestAsync(Id, cancellationToken);
        }
        catch (Exception e) when (IsDatabaseFailure(e))
        {
            return default;
        }
    }

    private void Keep(MailboxDelta record)
    {
        if (_host.RecentRecords == 0)
            return;
        lock (_lock)
        {
            if (_recent.Count > 0 && _lastKept.Next != record.ModSeq)
                _recent.Clear();
            if (_recent.Count == _host.RecentRecords)
                _recent.Dequeue();
            _recent.Enqueue(record);
            _lastKept = record.ModSeq;
        }
    }

    /// <summary>The records that lead from one state to another; null when they are not all in memory.</summary>
    public MailboxDelta[]? FindRecent(ModSeq known, ModSeq newest)
    {
        lock (_lock)
        {
            if (!_recent.TryPeek(out var first) || first.ModSeq > known.Next || _lastKept < newest)
                return null;
            var records = new MailboxDelta[Math.Max(0, newest.Value - known.Value)];
            var next = 0;
            foreach (var record in _recent)
            {
                if (record.ModSeq > known && record.ModSeq <= newest)
                    records[next++] = record;
            }

            return records;
        }
    }

    // The last mailstore that had the mailbox may be gone: those who had it open want no more than what is new
    private async Task<IReadOnlyList<MailboxDelta>?> ReadSinceAsync(ModSeq known, ModSeq newest, CancellationToken cancellationToken)
    {
        var count = newest.Value - known.Value;
        if (count > Math.Max(1, _host.RecentRecords))
            return null;
        try
        {
            var records = await _host.Store.ReadLogAsync(Id, known, (int)count, cancellationToken);
            for (var i = 0; i < records.Count; i++)
            {
                if (records[i].ModSeq.Value != known.Value + 1 + i)
                    return null;
            }

            return records.Count == count ? records : null;
        }
        catch (Exception e) when (IsDatabaseFailure(e))
        {
            return null;
        }
    }
}
