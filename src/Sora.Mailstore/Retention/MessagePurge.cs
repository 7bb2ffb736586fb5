using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Retention;

/// <summary>Deletes expunged messages for good when they can be brought back no longer.</summary>
internal sealed class MessagePurge(Database database, RetentionOptions options, BatchPace pace, ILogger logger)
{
    private const int RecordsAtOnce = 500;

    /// <summary>Purges all that is due; what went.</summary>
    public async Task<Purged> RunAsync(CancellationToken cancellationToken)
    {
        var total = default(Purged);
        PurgeCursor? cursor = PurgeCursor.Start;
        while (cursor is { } after)
        {
            var (purged, next) = await PurgeBatchAsync(after, cancellationToken);
            total += purged;
            cursor = next;
            if (purged.Messages > 0)
                CrashPoints.Reach(CrashPoints.PurgeCommitted);
            if (cursor is not null)
                await pace.PauseAsync(cancellationToken);
        }

        return total;
    }

    /// <summary>One transaction; where to go on, or null at the end.</summary>
    internal async Task<(Purged Purged, PurgeCursor? Next)> PurgeBatchAsync(PurgeCursor after, CancellationToken cancellationToken)
    {
        await using var connection = await database.Write.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var records = await PurgeStore.TakeAsync(connection, options.DeletedMessages, after, RecordsAtOnce, cancellationToken);
        if (records.Count == 0)
            return (default, null);
        var (ranges, readable) = Read(records);
        var (messages, contents) = ranges.Count == 0 ? default : await PurgeStore.DeleteMessagesAsync(connection, ranges, options.Batch, cancellationToken);
        CrashPoints.Reach(CrashPoints.PurgeMessages);
        var gone = contents is null or [] ? 0 : await PurgeStore.DeleteContentsAsync(connection, contents, cancellationToken);

        // A full batch may have left some
        var isDone = messages < options.Batch;
        if (isDone)
            await PurgeStore.MarkPurgedAsync(connection, readable, cancellationToken);
        CrashPoints.Reach(CrashPoints.PurgeBeforeCommit);
        await transaction.CommitAsync(cancellationToken);
        var last = records[^1];
        return (new Purged(messages, gone), isDone ? new PurgeCursor(last.At, last.Mailbox, last.ModSeq) : after);
    }

    // A record that cannot be read is an alarm, and no reason to keep everybody else's
    private (List<(MailboxId Mailbox, UidRange Uids)> Ranges, List<ExpungeRecord> Readable) Read(List<ExpungeRecord> records)
    {
        var ranges = new List<(MailboxId, UidRange)>(records.Count);
        var readable = new List<ExpungeRecord>(records.Count);
        foreach (var record in records)
        {
            try
            {
                foreach (var range in MailboxDeltaCodec.Decode(record.Record).Expunged.Ranges)
                    ranges.Add((record.Mailbox, range));
                readable.Add(record);
            }
            catch (Exception e) when (e is InvalidDataException or ArgumentOutOfRangeException)
            {
                Log.RecordUnreadable(logger, record.Mailbox.Value, record.ModSeq.Value, e);
            }
        }

        return (ranges, readable);
    }
}
