using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Npgsql;
using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Accounts;

/// <summary>
/// The mailboxes of one account. Changes are rare: each runs in a transaction that locks the account's list, so any process may make them. The list
/// that was read last is kept until this or another process changes it.
/// </summary>
internal sealed class Account(AccountId id, AccountHost host) : IAccount
{
    private static readonly MailError OverQuota = new(MailErrorCode.OverQuota, "Quota exceeded: no more mailboxes for this account");

    private volatile Known? _known;
    private volatile string[]? _addresses;
    private volatile SessionRights? _rights;
    private int _changes;

    public AccountId Id => id;

    /// <summary>The list must be read again.</summary>
    public void Forget()
    {
        Interlocked.Increment(ref _changes);
        _known = null;
        _addresses = null;
        _rights = null;
    }

    public async ValueTask<MailboxList> ListAsync(CancellationToken cancellationToken) => (_known ?? await ReadAsync(cancellationToken)).List;

    public async ValueTask ConfirmAsync(CancellationToken cancellationToken)
    {
        if (!host.Mailboxes.ConfirmsSelect || _known is not { } known)
            return;
        try
        {
            if (await host.Store.ListVersionAsync(id, cancellationToken) != known.List.Version)
                Forget();
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.AccountFailed(host.Logger, e); // nobody can change it now
        }
    }

    public async ValueTask<ImmutableArray<string>> AddressesAsync(CancellationToken cancellationToken)
    {
        if (_addresses is { } known)
            return ImmutableCollectionsMarshal.AsImmutableArray(known);
        var changes = Volatile.Read(ref _changes);
        var addresses = await host.Store.AddressesAsync(id, cancellationToken);
        _addresses = addresses;
        if (changes != Volatile.Read(ref _changes))
            _addresses = null; // it may be older than the change
        return ImmutableCollectionsMarshal.AsImmutableArray(addresses);
    }

    /// <summary>What decides whether sessions go on; null when the account does not exist.</summary>
    public async ValueTask<StoredSessionRights?> SessionRightsAsync(CancellationToken cancellationToken)
    {
        if (_rights is { } known)
            return known.Stored;
        var changes = Volatile.Read(ref _changes);
        var stored = await host.Logins.SessionRightsAsync(id, cancellationToken);
        _rights = new SessionRights(stored);
        if (changes != Volatile.Read(ref _changes))
            _rights = null; // it may be older than the change
        return stored;
    }

    /// <summary>How the account is known to others; null when it does not exist.</summary>
    public async ValueTask<AccountProfile?> ProfileAsync(CancellationToken cancellationToken) =>
        (_known ?? await ReadAsync(cancellationToken)).Profile;

    private async ValueTask<Known> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var changes = Volatile.Read(ref _changes);
            if (await host.Store.ListAsync(id, cancellationToken) is not { } rows)
                return Known.Nothing;
            var known = new Known(Sorted(rows), rows.Profile);
            _known = known;
            if (changes == Volatile.Read(ref _changes))
                return known;
            _known = null; // it changed while it was being read
        }
    }

    private static MailboxList Sorted(StoredList rows)
    {
        rows.Mailboxes.Sort(static (left, right) => MailboxName.CompareInLists(left.Name, right.Name));
        rows.Subscriptions.Sort(MailboxName.CompareInLists);
        return new MailboxList(rows.Version, [.. rows.Mailboxes], [.. rows.Subscriptions]);
    }

    public Task<MailResult<MailboxEntry>> CreateAsync(MailboxName name, SpecialUse use, CancellationToken cancellationToken) =>
        CreateAsync(name, use, wasInbox: false, cancellationToken);

    private async Task<MailResult<MailboxEntry>> CreateAsync(MailboxName name, SpecialUse use, bool wasInbox, CancellationToken cancellationToken)
    {
        var most = await MaxMailboxesAsync(cancellationToken);
        if (!most.IsOk)
            return most.Error;
        return await ChangeAsync<MailboxEntry>(
            async (connection, list, grantees) =>
            {
                if (list.Find(name) is not null)
                    return new MailError(MailErrorCode.AlreadyExists, "Mailbox already exists");
                if (use != SpecialUse.None && list.Mailboxes.Any(mailbox => mailbox.SpecialUse == use))
                    return new MailError(MailErrorCode.UseAttr, "Another mailbox has this special use");
                if (list.Mailboxes.Length >= host.Options.MaxMailboxes)
                    return new MailError(MailErrorCode.Limit, "The account has too many mailboxes");
                if (IsOver(most.Value, list, 1 + LevelsAbove(list, name)))
                    return OverQuota;
                var created = await AccountStore.InsertMailboxAsync(connection, id, name, use, wasInbox, cancellationToken);
                await InsertLevelsAboveAsync(connection, list, name, created.Id, grantees, cancellationToken);
                return created;
            },
            cancellationToken);
    }

    public async Task<MailResult<Done>> DeleteAsync(MailboxName name, CancellationToken cancellationToken)
    {
        if (name.IsInbox)
            return new MailError(MailErrorCode.Cannot, "INBOX cannot be deleted");
        MailboxId? ended = null;
        var result = await ChangeAsync<Done>(
            async (connection, list, grantees) =>
            {
                if (list.Find(name) is not { } mailbox)
                    return MailError.NoSuchMailbox();
                if (list.HasChildren(name))
                    return new MailError(MailErrorCode.HasChildren, "Mailbox has inferior mailboxes");
                await AccountStore.DeleteMailboxAsync(connection, mailbox.Id, cancellationToken);
                grantees.AddRange(await SharingStore.DeleteListAsync(connection, mailbox.Id, cancellationToken));
                ended = mailbox.Id;
                return default(Done);
            },
            cancellationToken);

        // The name is gone for good; ending the log as well tells those who have the mailbox selected, in every process.
        if (result.IsOk && ended is { } id)
            await host.Mailboxes.EndAsync(id, cancellationToken);
        return result;
    }

    public async Task<MailResult<Done>> RenameAsync(MailboxName from, MailboxName to, CancellationToken cancellationToken)
    {
        if (to.IsInbox)
            return new MailError(MailErrorCode.AlreadyExists, "Mailbox already exists");
        if (from.IsInbox)
            return await RenameInboxAsync(to, cancellationToken);
        if (to.IsBelow(from))
            return new MailError(MailErrorCode.Cannot, "A mailbox cannot be renamed into itself");
        var most = await MaxMailboxesAsync(cancellationToken);
        if (!most.IsOk)
            return most.Error;
        return await ChangeAsync<Done>(
            async (connection, list, grantees) =>
            {
                if (list.Find(from) is not { } mailbox)
                    return MailError.NoSuchMailbox();
                if (list.Find(to) is not null)
                    return new MailError(MailErrorCode.AlreadyExists, "Mailbox already exists");
                if (IsOver(most.Value, list, LevelsAbove(list, to)))
                    return OverQuota;
                var renamed = new List<MailboxId> { mailbox.Id };
                foreach (var below in list.Mailboxes)
                {
                    if (!below.Name.IsBelow(from))
                        continue;
                    renamed.Add(below.Id);
                    var name = MailboxName.Parse(below.Name.Rebase(from, to).Value);
                    if (!name.IsOk)
                        return name.Error;
                    if (list.Find(name.Value) is not null)
                        return new MailError(MailErrorCode.AlreadyExists, $"Mailbox already exists: {name.Value.Value}");
                    await AccountStore.RenameMailboxAsync(connection, below.Id, name.Value, cancellationToken);
                }

                await AccountStore.RenameMailboxAsync(connection, mailbox.Id, to, cancellationToken);
                await InsertLevelsAboveAsync(connection, list, to, created: null, grantees, cancellationToken);
                grantees.AddRange(await SharingStore.GranteesAsync(connection, renamed, cancellationToken));
                return default(Done);
            },
            cancellationToken);
    }

    public Task<MailResult<Done>> SubscribeAsync(MailboxName name, bool subscribed, CancellationToken cancellationToken) =>
        ChangeAsync<Done>(
            async (connection, list, _) =>
            {
                if (subscribed && list.Subscriptions.Length >= host.Options.MaxSubscriptions)
                    return new MailError(MailErrorCode.Limit, "The account has too many subscriptions");
                await AccountStore.SubscribeAsync(connection, id, name, subscribed, cancellationToken);
                return default(Done);
            },
            cancellationToken);

    public async Task<IReadOnlyList<MailboxStatus?>> StatusAsync(IReadOnlyList<MailboxId> ids, bool withRecent, CancellationToken cancellationToken)
    {
        var list = await ListAsync(cancellationToken);
        var stored = await host.Store.ReadTotalsAsync(ids, cancellationToken);
        var result = new MailboxStatus?[ids.Count];
        for (var i = 0; i < result.Length; i++)
        {
            var entry = list.Mailboxes.FirstOrDefault(mailbox => mailbox.Id == ids[i]);
            if (entry is null)
                continue;
            var (modSeq, uidNext, totals) = stored.TryGetValue(entry.Id, out var found)
                ? found
                : (new ModSeq(0), new Uid(1), default);
            var recent = withRecent ? await RecentAsync(entry.Id, uidNext, totals, cancellationToken) : 0;
            result[i] = new MailboxStatus(entry.Id, entry.UidValidity, uidNext, modSeq, totals, recent);
        }

        return result;
    }

    // The limit of the account (RFC 9208's MAILBOX), null when there is none
    private async Task<MailResult<long?>> MaxMailboxesAsync(CancellationToken cancellationToken)
    {
        try
        {
            return host.Mailboxes.Quotas is { } quotas ? await quotas.MaxMailboxesAsync(id, cancellationToken) : null;
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.AccountFailed(host.Logger, e);
            return MailError.Unavailable();
        }
    }

    // Exact, because the list is locked
    private static bool IsOver(long? most, MailboxList list, int more) => more > 0 && most is { } limit && list.Mailboxes.Length + more > limit;

    private static int LevelsAbove(MailboxList list, MailboxName name)
    {
        var count = 0;
        for (var parent = name.Parent; parent is { } missing && list.Find(missing) is null; parent = missing.Parent)
            count++;
        return count;
    }

    // The levels above a new name that do not exist yet (RFC 9051 sections 6.3.4 and 6.3.6). What is new inherits the access control list of
    // the nearest mailbox above it (RFC 4314 section 4).
    private async Task InsertLevelsAboveAsync(
        NpgsqlConnection connection, MailboxList list, MailboxName name, MailboxId? created, List<AccountId> grantees, CancellationToken cancellationToken)
    {
        var made = new List<MailboxId>();
        if (created is { } first)
            made.Add(first);
        for (var parent = name.Parent; parent is { } above; parent = above.Parent)
        {
            if (list.Find(above) is { } existing)
            {
                if (made.Count > 0)
                    grantees.AddRange(await SharingStore.InheritAsync(connection, existing.Id, made, cancellationToken));
                return;
            }

            made.Add((await AccountStore.InsertMailboxAsync(connection, id, above, SpecialUse.None, wasInbox: false, cancellationToken)).Id);
        }
    }

    // RECENT counts messages that no session was told of: only the mailbox itself knows from which UID on. It is asked without being claimed.
    private async ValueTask<int> RecentAsync(MailboxId mailbox, Uid uidNext, MailboxTotals totals, CancellationToken cancellationToken)
    {
        if (totals.Messages == 0)
            return 0;
        var writer = host.Mailboxes.Find(mailbox);
        var first = await writer.ClaimRecentAsync(uidNext, keep: true, cancellationToken);
        return first.IsOk && writer.Index is { } index ? index.Count - index.LowerBound(first.Value.Value) : 0;
    }

    // All messages go to a new mailbox; INBOX stays, empty, and so do the mailboxes below it (RFC 9051 section 6.3.6).
    private async Task<MailResult<Done>> RenameInboxAsync(MailboxName to, CancellationToken cancellationToken)
    {
        var list = await ListAsync(cancellationToken);
        if (list.Find(MailboxName.Inbox) is not { } inbox)
            return MailError.NoSuchMailbox();
        var created = await CreateAsync(to, SpecialUse.None, wasInbox: true, cancellationToken);
        if (!created.IsOk)
            return created.Error;
        await CopyAnnotationsAsync(inbox.Id, created.Value.Id, cancellationToken);
        var moved = await host.Writers.Get(inbox.Id).CopyAsync(
            new CopyRequest(OperationId.New(), UidSet.All, created.Value.Id, Move: true), cancellationToken);
        return moved.IsOk ? default(Done) : moved.Error;
    }

    // RFC 5464 section 4.1: INBOX keeps its annotations and the new mailbox gets them too. Mail is more than they are: without them it moves all the same.
    private async Task CopyAnnotationsAsync(MailboxId from, MailboxId to, CancellationToken cancellationToken)
    {
        try
        {
            await MetadataStore.CopyAsync(host.Database.Write, from, to, cancellationToken);
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.AccountFailed(host.Logger, e);
        }
    }

    private async Task<MailResult<T>> ChangeAsync<T>(
        Func<NpgsqlConnection, MailboxList, List<AccountId>, Task<MailResult<T>>> change, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await host.Database.Write.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

            // Read through this connection: whoever holds one must not wait for another, or all could wait for each other. It is nobody else's
            // list yet, for its version is not committed
            if (!await AccountStore.LockListAsync(connection, id, cancellationToken)
                || await AccountStore.ListAsync(connection, id, cancellationToken) is not { } rows)
                return new MailError(MailErrorCode.NonExistent, "The account does not exist");
            var grantees = new List<AccountId>(); // those whose rights or names change by it
            var result = await change(connection, Sorted(rows), grantees);
            if (!result.IsOk)
                return result;
            await transaction.CommitAsync(cancellationToken);
            host.Announce(id);
            foreach (var grantee in grantees.Distinct())
                host.Announce(grantee);
            return result;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return new MailError(MailErrorCode.AlreadyExists, "Mailbox already exists");
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.AccountFailed(host.Logger, e);
            return MailError.Unavailable();
        }
        finally
        {
            Forget();
        }
    }

    private sealed record SessionRights(StoredSessionRights? Stored);

    private sealed record Known(MailboxList List, AccountProfile? Profile)
    {
        public static readonly Known Nothing = new(new MailboxList(0, [], []), null);
    }
}
