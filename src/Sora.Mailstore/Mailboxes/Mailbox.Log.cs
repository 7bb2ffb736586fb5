using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Mailboxes;

// Brings what this process knows of the mailbox to what its log says
internal sealed partial class Mailbox
{
    private const int LogReadLimit = 1000;

    /// <summary>Brings the index to what the database has, if it is not known to be that already.</summary>
    internal async Task<bool> TryReadAsync()
    {
        try
        {
            var doubts = _host.Doubts;
            bool isCurrent;
            lock (_lock)
            {
                isCurrent = _index is { } index && !_isStale && _doubts == doubts && _announced <= index.HighestModSeq.Value;
                _isStale = false;
            }

            if (!isCurrent && !(_index is null ? await LoadAsync() : await CatchUpAsync()))
                return false;
            lock (_lock)
                _doubts = doubts;
            return true;
        }
        catch (Exception e) when (IsDatabaseFailure(e))
        {
            MarkUnread();
            _host.ReadFailed(Id, e);
            return false;
        }
    }

    private async Task<bool> LoadAsync()
    {
        lock (_lock)
            _isStale = false;
        var loaded = await _host.Store.LoadAsync(Id, CancellationToken.None);
        if (loaded is null)
        {
            // It never was, or it was purged: the same to whoever asks.
            SetIndex(MailboxIndex.Ended(Id), []);
            return true;
        }

        Account = loaded.Account;
        _snapshot = MailboxSnapshot.Of(loaded);
        lock (_lock)
            _memory.AddStored(loaded.Snapshot?.Operations ?? []);
        SetIndex(loaded.Index, loaded.Operations);
        return true;
    }

    private async Task<bool> CatchUpAsync()
    {
        var index = _index!;
        var operations = new List<CompletedOperation>();
        while (true)
        {
            var records = await _host.Store.ReadLogAsync(Id, index.HighestModSeq, LogReadLimit, CancellationToken.None);
            foreach (var record in records)
            {
                if (record.ModSeq != index.HighestModSeq.Next)
                {
                    _index = null; // the log was trimmed beyond what we know
                    return await LoadAsync();
                }

                index = index.Apply(record);
                Keep(record);
                operations.AddRange(record.Operations);
            }

            if (records.Count < LogReadLimit)
                break;
        }

        if (!ReferenceEquals(index, _index))
            SetIndex(index, operations);
        lock (_lock)
            _announced = Math.Min(_announced, index.HighestModSeq.Value);
        return true;
    }
}
