using System.Collections.Immutable;
using Sora.Contracts;

namespace Sora.Gateway.Imap;

/// <summary>A mailbox as a session finds it.</summary>
/// <param name="Account">Whose it is.</param>
/// <param name="Entry">As its owner lists it.</param>
/// <param name="Name">Its name in this session, with the prefix of its namespace.</param>
/// <param name="Rights">What the session's user may do with it.</param>
/// <param name="IsOwn">It belongs to the session's user, who may do everything with it.</param>
internal sealed record MailboxTarget(IAccount Account, MailboxEntry Entry, MailboxName Name, Rights Rights, bool IsOwn = true)
{
    public MailboxId Id => Entry.Id;

    public bool May(Rights rights) => (Rights & rights) == rights;
}

/// <summary>The mailboxes that a user sees, by the names they have there: the one place where a name becomes a mailbox and rights are asked.</summary>
internal sealed class MailboxDirectory(IAccount account, IAccounts accounts, ISharing sharing, Namespaces namespaces)
{
    private static readonly MailError NotAllowed = new(MailErrorCode.NoPerm, "You may not do that with this mailbox");
    private static readonly MailError NotAllowedThere = new(MailErrorCode.NoPerm, "You may not create a mailbox there");
    private static readonly MailError IsNamespace = new(MailErrorCode.Cannot, "The name is that of a namespace");

    private static readonly Dictionary<MailboxId, Rights> NoRights = [];

    private Merged? _merged;

    /// <summary>All mailboxes that the user may look up, and the user's subscriptions. The special uses are those of the user's own mailboxes.</summary>
    public async ValueTask<MailboxList> ListAsync(CancellationToken cancellationToken)
    {
        await account.ConfirmAsync(cancellationToken).ConfigureAwait(false);
        var own = await account.ListAsync(cancellationToken).ConfigureAwait(false);
        var view = await ViewAsync(cancellationToken).ConfigureAwait(false);
        return view.Accounts.IsEmpty ? own : (await MergeAsync(own, view, cancellationToken).ConfigureAwait(false)).List;
    }

    /// <summary>
    /// The mailbox of that name. NONEXISTENT when there is none or the user may not know of it; NOPERM without one of the <paramref name="needed"/> rights.
    /// </summary>
    public async ValueTask<MailResult<MailboxTarget>> FindAsync(MailboxName name, Rights needed, CancellationToken cancellationToken)
    {
        var own = await account.ListAsync(cancellationToken).ConfigureAwait(false);
        if (own.Find(name) is { } entry)
            return new MailboxTarget(account, entry, name, Rights.All);
        if (!namespaces.IsForeign(name))
        {
            // Somebody may have made it a moment ago on another node
            await account.ConfirmAsync(cancellationToken).ConfigureAwait(false);
            own = await account.ListAsync(cancellationToken).ConfigureAwait(false);
            if (own.Find(name) is { } made)
                return new MailboxTarget(account, made, name, Rights.All);
        }

        var place = await PlaceAsync(name, cancellationToken).ConfigureAwait(false);
        if (place is not { Owner: { } owner, Name: { } inside })
            return MailError.NoSuchMailbox();
        var ownerAccount = accounts.Get(owner.Account);
        var list = await ownerAccount.ListAsync(cancellationToken).ConfigureAwait(false);
        if (list.Find(inside) is not { } found || owner.RightsTo(found.Id) is not (not Rights.None and var rights))
            return MailError.NoSuchMailbox();
        var target = new MailboxTarget(ownerAccount, found, namespaces.Name(owner, found.Name) ?? name, rights, IsOwn: false);
        if (target.May(needed))
            return target;
        return target.May(Rights.Lookup) ? NotAllowed : MailError.NoSuchMailbox();
    }

    /// <summary>What the user may do now with a mailbox that was found before.</summary>
    public async ValueTask<Rights> RightsAsync(MailboxTarget target, CancellationToken cancellationToken)
    {
        if (target.IsOwn)
            return Rights.All;
        var view = await ViewAsync(cancellationToken).ConfigureAwait(false);
        return view.Find(target.Account.Id)?.RightsTo(target.Id) ?? Rights.None;
    }

    /// <summary>What the user may do with the mailboxes of others in the list; those that are not in the answer are the user's own.</summary>
    public async ValueTask<IReadOnlyDictionary<MailboxId, Rights>> ForeignRightsAsync(CancellationToken cancellationToken)
    {
        var own = await account.ListAsync(cancellationToken).ConfigureAwait(false);
        var view = await ViewAsync(cancellationToken).ConfigureAwait(false);
        return view.Accounts.IsEmpty ? NoRights : (await MergeAsync(own, view, cancellationToken).ConfigureAwait(false)).Rights;
    }

    /// <summary>Counters of mailboxes of the list that the user may read; those of others are asked for one account at a time.</summary>
    public async ValueTask<Dictionary<MailboxId, MailboxStatus>> StatusesAsync(
        IEnumerable<MailboxId> mailboxes, bool withRecent, CancellationToken cancellationToken)
    {
        var result = new Dictionary<MailboxId, MailboxStatus>();
        var view = await ViewAsync(cancellationToken).ConfigureAwait(false);
        var rights = await ForeignRightsAsync(cancellationToken).ConfigureAwait(false);
        var byAccount = new Dictionary<AccountId, List<MailboxId>>();
        foreach (var mailbox in mailboxes)
        {
            var owner = account.Id;
            if (rights.TryGetValue(mailbox, out var granted))
            {
                if ((granted & Rights.Read) == Rights.None)
                    continue;
                owner = view.FindOwner(mailbox)?.Account ?? owner;
            }

            if (!byAccount.TryGetValue(owner, out var ids))
                byAccount[owner] = ids = [];
            ids.Add(mailbox);
        }

        foreach (var (owner, ids) in byAccount)
        {
            foreach (var status in await accounts.Get(owner).StatusAsync(ids, withRecent, cancellationToken).ConfigureAwait(false))
            {
                if (status is not null)
                    result[status.Id] = status;
            }
        }

        return result;
    }

    /// <summary>Creates a mailbox: in the user's account, below a mailbox of others that allows it, or as a shared one. Its entry has the name asked for.</summary>
    public async ValueTask<MailResult<MailboxEntry>> CreateAsync(MailboxName name, SpecialUse use, CancellationToken cancellationToken)
    {
        if (namespaces.IsRoot(name))
            return IsNamespace;
        if (!namespaces.IsForeign(name))
            return await account.CreateAsync(name, use, cancellationToken).ConfigureAwait(false);
        var place = await PlaceAsync(name, cancellationToken).ConfigureAwait(false);
        if (place.Name is not { } inside)
            return NotAllowedThere;
        if (use != SpecialUse.None)
            return new MailError(MailErrorCode.UseAttr, "Special uses are for mailboxes of your own");
        var above = place.Owner is { } owner ? await NearestAboveAsync(owner, inside, cancellationToken).ConfigureAwait(false) : null;
        MailResult<MailboxEntry> created;
        if (above is null && place.IsShared && place.MayCreateShared)
            created = await sharing.CreateSharedAsync(account.Id, inside, use, cancellationToken).ConfigureAwait(false);
        else if (above is not null && (place.Owner!.RightsTo(above.Id) & Rights.CreateMailbox) != Rights.None)
            created = await accounts.Get(place.Owner.Account).CreateAsync(inside, use, cancellationToken).ConfigureAwait(false);
        else
            return NotAllowedThere;
        if (created.IsOk)
            return created.Value with { Name = name };
        if (!IsTaken(created.Error))
            return created;

        // An account none of whose mailboxes the user may use shows none of them
        return place.Owner is { } seen && IsShown(seen, (await accounts.Get(seen.Account).ListAsync(cancellationToken).ConfigureAwait(false)).Find(inside))
            ? created
            : NotAllowedThere;
    }

    /// <summary>Renames a mailbox within the account that it belongs to (RFC 4314 section 4: <c>x</c> for it, <c>k</c> for what is above the new name).</summary>
    public async ValueTask<MailResult<Done>> RenameAsync(MailboxName from, MailboxName to, CancellationToken cancellationToken)
    {
        var found = await FindAsync(from, Rights.DeleteMailbox, cancellationToken).ConfigureAwait(false);
        if (!found.IsOk)
            return found.Error;
        if (namespaces.IsRoot(to))
            return IsNamespace;
        var target = found.Value;
        if (target.IsOwn)
        {
            return namespaces.IsForeign(to)
                ? new MailError(MailErrorCode.Cannot, "A mailbox cannot be renamed into another account")
                : await account.RenameAsync(from, to, cancellationToken).ConfigureAwait(false);
        }

        var place = await PlaceAsync(to, cancellationToken).ConfigureAwait(false);
        if (place is not { Owner: { } owner, Name: { } inside } || owner.Account != target.Account.Id)
            return new MailError(MailErrorCode.Cannot, "A mailbox cannot be renamed into another account");
        if (target.Entry.Name.IsInbox)
            return new MailError(MailErrorCode.Cannot, "INBOX of another user cannot be renamed");
        var above = await NearestAboveAsync(owner, inside, cancellationToken).ConfigureAwait(false);
        var isAllowed = above is null
            ? place.IsShared && place.MayCreateShared
            : (owner.RightsTo(above.Id) & Rights.CreateMailbox) != Rights.None;
        if (!isAllowed)
            return NotAllowedThere;
        var renamed = await target.Account.RenameAsync(target.Entry.Name, inside, cancellationToken).ConfigureAwait(false);
        if (renamed.IsOk || !IsTaken(renamed.Error))
            return renamed;
        var list = await target.Account.ListAsync(cancellationToken).ConfigureAwait(false);
        return IsShown(owner, list.Find(inside)) ? renamed : NotAllowedThere;
    }

    // RFC 4314 section 6 wants nothing told about what may not be looked up. That the name cannot be had cannot be kept back, but why can: it is
    // answered like a place where nothing may be created, not with ALREADYEXISTS. Only the name itself can be taken: there is no mailbox without all of
    // those above it, so where a name is free there is nothing below it.
    private static bool IsTaken(MailError error) => error.Code == MailErrorCode.AlreadyExists;

    private static bool IsShown(SharingAccount owner, MailboxEntry? entry) =>
        entry is null || (owner.RightsTo(entry.Id) & Rights.Lookup) != Rights.None;

    /// <summary>Subscribes to a name or gives that up. A name in the namespaces of others must be one that the user may look up.</summary>
    public async ValueTask<MailResult<Done>> SubscribeAsync(MailboxName name, bool subscribed, CancellationToken cancellationToken)
    {
        if (subscribed && namespaces.IsForeign(name))
        {
            var found = await FindAsync(name, Rights.Lookup, cancellationToken).ConfigureAwait(false);
            if (!found.IsOk)
                return found.Error;
            name = found.Value.Name;
        }

        return await account.SubscribeAsync(name, subscribed, cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<SharedView> ViewAsync(CancellationToken cancellationToken) =>
        namespaces.IsOff ? new ValueTask<SharedView>(SharedView.Nothing) : sharing.ViewAsync(account.Id, cancellationToken);

    private async ValueTask<Place> PlaceAsync(MailboxName name, CancellationToken cancellationToken)
    {
        if (!namespaces.IsForeign(name))
            return default;
        var view = await ViewAsync(cancellationToken).ConfigureAwait(false);
        return namespaces.Place(name, view);
    }

    private async ValueTask<MailboxEntry?> NearestAboveAsync(SharingAccount owner, MailboxName name, CancellationToken cancellationToken) =>
        (await accounts.Get(owner.Account).ListAsync(cancellationToken).ConfigureAwait(false)).FindAbove(name);

    // Made anew when one of the lists or the view is another object than last time: all of them are immutable and kept until they change
    private async ValueTask<Merged> MergeAsync(MailboxList own, SharedView view, CancellationToken cancellationToken)
    {
        var lists = new MailboxList[view.Accounts.Length];
        for (var i = 0; i < lists.Length; i++)
            lists[i] = await accounts.Get(view.Accounts[i].Account).ListAsync(cancellationToken).ConfigureAwait(false);
        if (_merged is { } known && ReferenceEquals(known.Own, own) && ReferenceEquals(known.View, view) && SameObjects(known.Lists, lists))
            return known;
        var mailboxes = ImmutableArray.CreateBuilder<MailboxEntry>(own.Mailboxes.Length);
        mailboxes.AddRange(own.Mailboxes);
        var rights = new Dictionary<MailboxId, Rights>();
        for (var i = 0; i < lists.Length; i++)
        {
            foreach (var entry in lists[i].Mailboxes)
            {
                var granted = view.Accounts[i].RightsTo(entry.Id);
                if ((granted & Rights.Lookup) == Rights.None
                    || namespaces.Name(view.Accounts[i], entry.Name) is not { } name || own.Find(name) is not null)
                    continue;
                mailboxes.Add(entry with { Name = name, SpecialUse = SpecialUse.None, WasInbox = false });
                rights[entry.Id] = granted;
            }
        }

        mailboxes.Sort(static (left, right) => MailboxName.CompareInLists(left.Name, right.Name));
        return _merged = new Merged(own, view, lists, own with { Mailboxes = mailboxes.ToImmutable() }, rights);
    }

    private static bool SameObjects(MailboxList[] left, MailboxList[] right)
    {
        for (var i = 0; i < left.Length; i++)
        {
            if (!ReferenceEquals(left[i], right[i]))
                return false;
        }

        return left.Length == right.Length;
    }

    private sealed record Merged(MailboxList Own, SharedView View, MailboxList[] Lists, MailboxList List, Dictionary<MailboxId, Rights> Rights);
}
