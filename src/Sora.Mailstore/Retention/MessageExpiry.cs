using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Retention;

/// <summary>Expunges messages that have grown too old. Through the mailbox itself, so that clients hear of it, quotas follow, and they can be brought back as any other.</summary>
internal sealed class MessageExpiry(
    RetentionStore store, IMailboxes mailboxes, RetentionOptions options, BatchPace pace, RetentionMetrics metrics, TimeProvider time, ILogger logger)
{
    private const int PageSize = 500;

    private readonly AgeRules _rules = new(options);

    /// <summary>Expunges all that is due; how many messages.</summary>
    public async Task<long> RunAsync(CancellationToken cancellationToken)
    {
        if (_rules.AreNone)
            return 0;
        var (messages, touched) = (0L, 0L);
        var last = default(MailboxId);
        while (true)
        {
            var page = await store.MailboxesAsync(last, _rules.OnlyUses, PageSize, cancellationToken);
            var limits = new List<(MailboxId Mailbox, long Before)>();
            var now = time.GetUtcNow();
            foreach (var mailbox in page)
            {
                last = mailbox.Id;
                if (_rules.Of(mailbox) is { } age)
                    limits.Add((mailbox.Id, (now - age).ToUnixTimeSeconds()));
            }

            var old = limits.Count == 0 ? [] : await store.WithOldAsync(limits, options.AgeFrom == AgeDate.SaveDate, cancellationToken);
            foreach (var (mailbox, before) in limits)
            {
                if (!old.Contains(mailbox))
                    continue;
                var expunged = await ExpungeAsync(mailbox, before, cancellationToken);
                messages += expunged;
                touched += expunged > 0 ? 1 : 0;
            }

            if (page.Count < PageSize)
                break;
        }

        metrics.Expired(messages);
        if (messages > 0)
            Log.Expired(logger, messages, touched);
        return messages;
    }

    private async Task<long> ExpungeAsync(MailboxId id, long before, CancellationToken cancellationToken)
    {
        var mailbox = mailboxes.Get(id);
        var opened = await mailbox.OpenAsync(default, cancellationToken);
        if (!opened.IsOk)
            return Failed(id, opened.Error);
        var total = 0L;
        foreach (var uids in Batches(Old(opened.Value.Index!, before)))
        {
            var expunged = await mailbox.ExpungeAsync(new ExpungeRequest(OperationId.New(), uids, OnlyDeleted: false), cancellationToken);
            if (!expunged.IsOk)
                return total + Failed(id, expunged.Error);
            total += expunged.Value.Expunged.Count;
            await pace.PauseAsync(cancellationToken);
        }

        return total;
    }

    private long Failed(MailboxId id, MailError error)
    {
        if (error.Code != MailErrorCode.NonExistent) // deleted meanwhile
            Log.ExpiryFailed(logger, id.Value, error.Text);
        return 0;
    }

    private UidSet Old(MailboxIndex index, long before)
    {
        var old = new UidSet.Builder();
        for (var chunk = 0; chunk < index.ChunkCount; chunk++)
        {
            var columns = index.Columns(chunk);
            var dates = options.AgeFrom == AgeDate.SaveDate ? columns.SaveDates : columns.InternalDates;
            for (var row = 0; row < dates.Length; row++)
            {
                if (dates[row] < before)
                    old.Add(columns.Uids[row]);
            }
        }

        return old.ToSet();
    }

    // So that one record does not grow without bound
    private IEnumerable<UidSet> Batches(UidSet uids)
    {
        var builder = new UidSet.Builder();
        var count = 0;
        foreach (var uid in uids)
        {
            builder.Add(uid);
            if (++count % options.Batch != 0)
                continue;
            yield return builder.ToSet();
            builder = new UidSet.Builder();
        }

        if (!builder.IsEmpty)
            yield return builder.ToSet();
    }
}
