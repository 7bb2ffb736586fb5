using System.Text;
using Sora.Contracts;
using Sora.Mailstore.Accounts;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;
using Sora.Mime;

namespace Sora.Mailstore.Retention;

/// <summary>
/// Lists what was deleted and brings it back, as long as it is not purged. Through the mailboxes themselves, so it does not matter whether servers run: those that do
/// hear of it as of every other change.
/// </summary>
public sealed class RetentionAdministration(Database database, MailboxHost mailboxes, AccountHost accounts, QuotaHost quotas)
{
    /// <summary>Most messages of one record.</summary>
    private const int BatchSize = 500;

    private readonly RestoreStore _store = new(database.Write);
    private readonly MailboxStore _mailboxes = new(database.Write);

    /// <summary>Expunged messages of the mailboxes that are there, the newest first. NONEXISTENT when the filter names a mailbox that is not there.</summary>
    /// <param name="account">Whose.</param>
    /// <param name="filter">Which.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<MailResult<IReadOnlyList<DeletedMessage>>> ListMessagesAsync(
        AccountId account, DeletedMessageFilter filter, int limit, CancellationToken cancellationToken)
    {
        var mailbox = await FindAsync(account, filter.Mailbox, cancellationToken);
        if (!mailbox.IsOk)
            return mailbox.Error;
        var messages = new List<DeletedMessage>();
        await foreach (var record in _store.ReadRecordsAsync(account, mailbox.Value?.Id, filter.Since, filter.Until, cancellationToken))
        {
            var rows = await _store.ReadRowsAsync(record.Mailbox, Wanted(record, filter), withEnvelopes: true, cancellationToken);
            for (var i = rows.Count - 1; i >= 0 && messages.Count < limit; i--)
                messages.Add(Describe(record, rows[i]));
            if (messages.Count == limit)
                break;
        }

        return messages;
    }

    /// <summary>
    /// Brings expunged messages back, each into the mailbox where it was, or all into one: under new UIDs in the order of the old ones, with their dates and flags. What was restored before, or was
    /// moved elsewhere, is left out. What is done when it fails on the way stays done, and is not done again the next time. NONEXISTENT, OVERQUOTA, UNAVAILABLE.
    /// </summary>
    /// <param name="account">Whose.</param>
    /// <param name="filter">Which.</param>
    /// <param name="to">Where to; null: where each one was.</param>
    /// <param name="ignoreQuota">The account's quota does not count.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<MailResult<IReadOnlyList<RestoredMessages>>> RestoreMessagesAsync(
        AccountId account, DeletedMessageFilter filter, MailboxName? to, bool ignoreQuota, CancellationToken cancellationToken)
    {
        var mailbox = await FindAsync(account, filter.Mailbox, cancellationToken);
        if (!mailbox.IsOk)
            return mailbox.Error;
        var target = await FindAsync(account, to, cancellationToken);
        if (!target.IsOk)
            return target.Error;
        var found = new SortedDictionary<long, (string Name, List<RestorableMessage> Messages)>();
        var before = new HashSet<MailboxId>();
        await foreach (var record in _store.ReadRecordsAsync(account, mailbox.Value?.Id, filter.Since, filter.Until, cancellationToken))
        {
            foreach (var row in await _store.ReadRowsAsync(record.Mailbox, Wanted(record, filter), withEnvelopes: false, cancellationToken))
            {
                if (row.IsRestored)
                {
                    before.Add(target.Value?.Id ?? record.Mailbox);
                    continue;
                }

                if (!found.TryGetValue(record.Mailbox.Value, out var messages))
                    found[record.Mailbox.Value] = messages = (record.Name, []);
                messages.Messages.Add(new RestorableMessage(row.Uid, row.Content, row.InternalDate, row.Size, FlagsOf(record.Record, row.Uid)));
            }
        }

        var restored = new List<RestoredMessages>();
        foreach (var (source, (name, messages)) in found)
        {
            messages.Sort(static (left, right) => left.Uid.CompareTo(right.Uid));
            var id = target.Value?.Id ?? new MailboxId(source);
            var result = await RestoreAsync(id, new MailboxId(source), messages, ignoreQuota, cancellationToken);
            if (!result.IsOk)
                return result.Error;
            restored.Add(new RestoredMessages(id, target.Value?.Name ?? MailboxName.Stored(name), result.Value.Old, result.Value.New));
        }

        // Whoever was cut off between a commit and its announcement has told nobody
        foreach (var id in before)
        {
            if (await mailboxes.Find(id).OpenAsync(default, cancellationToken) is { IsOk: true, Value.Index: { } index })
                mailboxes.Announce(id, index.HighestModSeq);
        }

        return restored;
    }

    /// <summary>The deleted mailboxes of an account, the newest first.</summary>
    public async Task<IReadOnlyList<DeletedMailbox>> ListMailboxesAsync(AccountId account, CancellationToken cancellationToken) =>
        await _store.DeletedMailboxesAsync(account, cancellationToken);

    /// <summary>
    /// Makes a deleted mailbox again, with its name, its special use where no other has it by now, its messages, and the rights that others had; it is another mailbox, with an
    /// UIDVALIDITY of its own. One that was begun and not ended goes on. NONEXISTENT, ALREADYEXISTS, OVERQUOTA, UNAVAILABLE.
    /// </summary>
    /// <param name="account">Whose.</param>
    /// <param name="id">Its number; null: the one that was deleted last of those with the name.</param>
    /// <param name="name">Its name; null when the number is given.</param>
    /// <param name="to">The name that it is to get, or a mailbox that is there and gets the messages; null: its own name.</param>
    /// <param name="ignoreQuota">The account's quota does not count.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<MailResult<RestoredMailbox>> RestoreMailboxAsync(
        AccountId account, MailboxId? id, MailboxName? name, MailboxName? to, bool ignoreQuota, CancellationToken cancellationToken)
    {
        var deleted = (await _store.DeletedMailboxesAsync(account, cancellationToken))
            .Find(mailbox => (id is null || mailbox.Id == id) && (name is null || mailbox.Name == name.Value));
        if (deleted is null)
            return new MailError(MailErrorCode.NonExistent, "There is no such deleted mailbox");
        var entry = await MakeAsync(account, deleted, to, cancellationToken);
        if (!entry.IsOk)
            return entry.Error;
        if (await _mailboxes.LoadAsync(deleted.Id, cancellationToken) is not { } loaded)
            return new MailError(MailErrorCode.NonExistent, "There is no such deleted mailbox");
        var messages = await MessagesOfAsync(loaded.Index, cancellationToken);
        var result = await RestoreAsync(entry.Value.Id, deleted.Id, messages, ignoreQuota, cancellationToken);
        if (!result.IsOk)
            return result.Error;
        await _store.MarkRestoredAsync(deleted.Id, cancellationToken);
        return new RestoredMailbox(entry.Value, result.Value.New.Count);
    }

    private async Task<MailResult<MailboxEntry>> MakeAsync(AccountId account, DeletedMailbox deleted, MailboxName? to, CancellationToken cancellationToken)
    {
        var owner = accounts.Get(account);
        var list = await owner.ListAsync(cancellationToken);
        if (to is null && deleted.RestoredTo is { } begun && list.Mailboxes.FirstOrDefault(mailbox => mailbox.Id == begun) is { } known)
            return known;
        if (to is not null && list.Find(to.Value) is { } existing)
        {
            await _store.LinkAsync(deleted.Id, existing.Id, withRights: false, cancellationToken);
            return existing;
        }

        var name = to ?? deleted.Name;
        var created = await owner.CreateAsync(name, deleted.SpecialUse, cancellationToken);
        if (created is { IsOk: false, Error.Code: MailErrorCode.UseAttr })
            created = await owner.CreateAsync(name, SpecialUse.None, cancellationToken);
        if (!created.IsOk)
        {
            return created.Error.Code == MailErrorCode.AlreadyExists
                ? new MailError(MailErrorCode.AlreadyExists, $"There is a mailbox {name.Value} by now: say with --to where the messages are to go, which may be that one")
                : created.Error;
        }

        foreach (var grantee in await _store.LinkAsync(deleted.Id, created.Value.Id, withRights: true, cancellationToken))
            accounts.Announce(grantee);
        accounts.Announce(account);
        return created.Value;
    }

    private async Task<List<RestorableMessage>> MessagesOfAsync(MailboxIndex index, CancellationToken cancellationToken)
    {
        var uids = index.Uids();
        var restored = new HashSet<uint>();
        foreach (var row in await _store.ReadRowsAsync(index.Id, uids, withEnvelopes: false, cancellationToken))
        {
            if (row.IsRestored)
                restored.Add(row.Uid);
        }

        var messages = new List<RestorableMessage>(index.Count);
        foreach (var uid in uids)
        {
            if (restored.Contains(uid))
                continue;
            var row = index[index.PositionOf(uid)];
            messages.Add(new RestorableMessage(uid, row.Content, row.InternalDate, row.Size, index.Keywords.FlagsOf(row.Flags & ~FlagMask.Deleted)));
        }

        return messages;
    }

    private async Task<MailResult<(UidSet Old, UidSet New)>> RestoreAsync(
        MailboxId target, MailboxId source, List<RestorableMessage> messages, bool ignoreQuota, CancellationToken cancellationToken)
    {
        var (old, given) = (UidSet.Empty, UidSet.Empty);
        var mailbox = mailboxes.Find(target);
        for (var start = 0; start < messages.Count; start += BatchSize)
        {
            var batch = messages.GetRange(start, Math.Min(BatchSize, messages.Count - start));
            using var hold = ignoreQuota ? default : await HoldAsync(mailbox, batch, cancellationToken);
            if (hold.Refusal is { } refusal)
                return refusal;
            var result = await MailboxRestore.RunAsync(mailbox, source, batch, _store, cancellationToken);
            if (!result.IsOk)
                return result.Error;
            (old, given) = (old.Union(result.Value.Old), given.Union(result.Value.New));
            CrashPoints.Reach(CrashPoints.RestoreCommitted);
        }

        return (old, given);
    }

    private async ValueTask<QuotaHold> HoldAsync(Mailbox mailbox, List<RestorableMessage> batch, CancellationToken cancellationToken)
    {
        if (!await quotas.MayLimitAsync(cancellationToken))
            return default;
        var opened = await mailbox.OpenAsync(default, cancellationToken);
        return opened.IsOk
            ? await quotas.HoldAsync(mailbox.Account, batch.Sum(static message => (long)message.Size), batch.Count, cancellationToken)
            : new QuotaHold(opened.Error);
    }

    private async Task<MailResult<MailboxEntry?>> FindAsync(AccountId account, MailboxName? name, CancellationToken cancellationToken)
    {
        if (name is null)
            return default(MailboxEntry?);
        var list = await accounts.Get(account).ListAsync(cancellationToken);
        return list.Find(name.Value) is { } found ? found : new MailError(MailErrorCode.NonExistent, $"There is no mailbox {name.Value.Value}");
    }

    // What was moved is not deleted
    private static UidSet Wanted(RestorableRecord record, DeletedMessageFilter filter)
    {
        var uids = record.Record.Expunged.Except(record.Record.Moved);
        if (filter.Ids is null)
            return uids;
        uint[] wanted = [.. filter.Ids.Where(id => id.Mailbox == record.Mailbox).Select(static id => id.Uid).Distinct().Order()];
        return uids.Intersect(UidSet.Of(wanted));
    }

    private static FlagSet FlagsOf(MailboxDelta record, uint uid)
    {
        foreach (var flags in record.ExpungedFlags)
        {
            if (!flags.Uids.Contains(uid))
                continue;
            var keywords = KeywordTable.Empty;
            foreach (var (slot, name) in record.ExpungedKeywords)
                keywords = keywords.With(slot, name);
            return keywords.FlagsOf(flags.Flags);
        }

        return FlagSet.Empty;
    }

    private static DeletedMessage Describe(RestorableRecord record, RestorableRow row)
    {
        var envelope = row.Envelope is not null && Envelope.TryDeserialize(row.Envelope, out var read) ? read : Envelope.Empty;
        var from = envelope.From.Count == 0 ? "" : $"{Encoding.UTF8.GetString(envelope.From[0].Mailbox ?? [])}@{Encoding.UTF8.GetString(envelope.From[0].Host ?? [])}";
        return new DeletedMessage(
            record.Mailbox,
            record.Name,
            row.Uid,
            record.At,
            DateTimeOffset.FromUnixTimeSeconds(row.InternalDate),
            row.Size,
            FlagsOf(record.Record, row.Uid),
            from,
            envelope.Subject is null ? "" : EncodedWord.Decode(envelope.Subject),
            row.IsRestored);
    }
}
