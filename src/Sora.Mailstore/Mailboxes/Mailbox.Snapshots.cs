using Microsoft.Extensions.Logging;
using Sora.Contracts;

namespace Sora.Mailstore.Mailboxes;

internal sealed partial class Mailbox
{
    private MailboxSnapshot _snapshot = MailboxSnapshot.None;
    private int _isWritingSnapshot;

    /// <summary>Writes a snapshot now if there are at least so many records since the last one. It does not take the mailbox's turn.</summary>
    public async Task WriteSnapshotAsync(int minimumRecords, CancellationToken cancellationToken)
    {
        if (_index is not { IsEnded: false } index || index.HighestModSeq.Value - _snapshot.ModSeq < minimumRecords)
            return;
        if (Interlocked.Exchange(ref _isWritingSnapshot, 1) != 0)
            return;
        try
        {
            IReadOnlyList<CompletedOperation> operations;
            lock (_lock)
            {
                index = _index!;
                operations = _memory.ToList();
            }

            var (write, next) = _snapshot.Next(index, operations);
            _snapshot = await _host.Store.WriteSnapshotAsync(Id, write, cancellationToken)
                ? next
                : MailboxSnapshot.OfOther(await _host.Store.ReadSnapshotHeaderAsync(Id, index.UidValidity, cancellationToken));
        }
        catch (Exception e) when (IsDatabaseFailure(e))
        {
            Log.SnapshotFailed(_host.Logger, Id.Value, e);
        }
        finally
        {
            Volatile.Write(ref _isWritingSnapshot, 0);
        }
    }

    private void SnapshotIfDue()
    {
        if (_index!.HighestModSeq.Value - _snapshot.ModSeq >= _host.Options.SnapshotEvery && Volatile.Read(ref _isWritingSnapshot) == 0)
            _host.Run(token => WriteSnapshotAsync(_host.Options.SnapshotEvery, token));
    }
}
