using System.Collections.Concurrent;
using System.Collections.Immutable;
using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Accounts;

/// <summary>
/// Who may use whose mailboxes. A user's grants are kept until somebody changes one of them, which is announced as a change of the user's account
/// (of account 0 when it concerns anyone).
/// </summary>
public sealed class SharingHost : ISharing, IDisposable
{
    private const string AnyoneName = "anyone";

    private readonly ConcurrentDictionary<AccountId, UserGrants> _users = new();
    private readonly AccountHost _accounts;
    private readonly SharingOptions _options;
    private readonly SharingStore _store;

    public SharingHost(Database database, AccountHost accounts, SharingOptions options)
    {
        _accounts = accounts;
        _options = options;
        _store = new SharingStore(database.Write);
        accounts.Changed += OnChanged;
        accounts.Interrupted += OnInterrupted;
    }

    public void Dispose()
    {
        _accounts.Changed -= OnChanged;
        _accounts.Interrupted -= OnInterrupted;
    }

    public ValueTask<SharedView> ViewAsync(AccountId user, CancellationToken cancellationToken)
    {
        if (!_users.TryGetValue(user, out var grants))
        {
            if (_users.Count >= _accounts.Options.MaxOpenAccounts)
                _users.Clear(); // a user's grants are read again in one query
            grants = _users.GetOrAdd(user, new UserGrants(user, this));
        }

        return grants.ViewAsync(cancellationToken);
    }

    public async Task<MailResult<AccessList>> ListAsync(MailboxId mailbox, CancellationToken cancellationToken)
    {
        try
        {
            if (await OwnerAsync(mailbox, cancellationToken) is not { } owner)
                return MailError.NoSuchMailbox();
            var entries = ImmutableArray.CreateBuilder<AccessEntry>();
            foreach (var stored in await _store.ReadListAsync(mailbox, cancellationToken))
            {
                var identifier = stored.Address ?? AnyoneName;
                if (stored.Rights != Rights.None)
                    entries.Add(new AccessEntry(identifier, IsNegative: false, stored.Rights));
                if (stored.Negative != Rights.None)
                    entries.Add(new AccessEntry(identifier, IsNegative: true, stored.Negative));
            }

            return new AccessList(owner.Profile.Address, entries.ToImmutable());
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            return Failed(e);
        }
    }

    public async Task<MailResult<bool>> IsOwnerAsync(MailboxId mailbox, string identifier, CancellationToken cancellationToken)
    {
        try
        {
            if (await OwnerAsync(mailbox, cancellationToken) is not { } owner)
                return MailError.NoSuchMailbox();
            var grantee = await ResolveAsync(owner, identifier, cancellationToken);
            return grantee.IsOk ? grantee.Value == owner.Id : grantee.Error;
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            return Failed(e);
        }
    }

    public async Task<MailResult<Done>> ChangeAsync(AccessChange change, CancellationToken cancellationToken)
    {
        try
        {
            if (await OwnerAsync(change.Mailbox, cancellationToken) is not { } owner)
                return MailError.NoSuchMailbox();
            var grantee = await ResolveAsync(owner, change.Identifier, cancellationToken);
            if (!grantee.IsOk)
                return grantee.Error;
            if (grantee.Value == owner.Id)
            {
                return change is { IsNegative: false, Mode: AccessMode.Add } or { IsNegative: false, Rights: Rights.All }
                    ? default(Done)
                    : new MailError(MailErrorCode.Cannot, "The owner has all rights");
            }

            var changed = await _store.ChangeAsync(change, grantee.Value, owner.Profile.Domain, _options.MaxAclEntries, cancellationToken);
            if (changed.IsOk)
                _accounts.Announce(grantee.Value);
            return changed;
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            return Failed(e);
        }
    }

    public async Task<MailResult<MailboxEntry>> CreateSharedAsync(
        AccountId creator, MailboxName name, SpecialUse use, CancellationToken cancellationToken)
    {
        try
        {
            if (await _accounts.Find(creator).ProfileAsync(cancellationToken) is not { Address: { } address } profile || !_options.MayCreate(address))
                return new MailError(MailErrorCode.NoPerm, "You may not create shared mailboxes");
            var account = _accounts.Get(await EnsureAccountAsync(profile.Domain, cancellationToken));
            var before = await account.ListAsync(cancellationToken);
            if (!MayCreateBelow(before, name, (await ViewAsync(creator, cancellationToken)).FindShared()))
                return new MailError(MailErrorCode.NoPerm, "You may not create a mailbox there");
            var created = await account.CreateAsync(name, use, cancellationToken);
            if (!created.IsOk)
                return created;
            foreach (var mailbox in (await account.ListAsync(cancellationToken)).Mailboxes)
            {
                if ((mailbox.Name != name && !name.IsBelow(mailbox.Name)) || before.Find(mailbox.Name) is not null)
                    continue;
                var change = new AccessChange(mailbox.Id, address, IsNegative: false, AccessMode.Replace, Rights.All);
                var granted = await _store.ChangeAsync(change, creator, profile.Domain, _options.MaxAclEntries, cancellationToken);
                if (!granted.IsOk)
                    return granted.Error;
            }

            _accounts.Announce(creator);
            return created;
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            return Failed(e);
        }
    }

    // Below a mailbox its rights decide, also where the creator may use none of the shared mailboxes and therefore sees none above
    private static bool MayCreateBelow(MailboxList list, MailboxName name, SharingAccount? granted) =>
        list.FindAbove(name) is not { } above || (granted is not null && (granted.RightsTo(above.Id) & Rights.CreateMailbox) != Rights.None);

    /// <summary>The account that holds the shared mailboxes of a domain; null when there is none.</summary>
    public Task<AccountId?> FindAccountAsync(string domain, CancellationToken cancellationToken) =>
        _store.FindSharedAccountAsync(domain, cancellationToken);

    /// <summary>The account that holds the shared mailboxes of a domain (lower case), which is made if there is none.</summary>
    public async Task<AccountId> EnsureAccountAsync(string domain, CancellationToken cancellationToken)
    {
        if (await _store.FindSharedAccountAsync(domain, cancellationToken) is { } known)
            return known;
        var made = await _store.EnsureSharedAccountAsync(domain, cancellationToken);
        _accounts.Announce(made);
        return made;
    }

    /// <summary>A domain in any case, as it is stored. CANNOT when it is none.</summary>
    public static MailResult<string> ParseDomain(string text)
    {
        var address = AccountAddress.Parse("x@" + text);
        return address.IsOk ? address.Value[2..] : new MailError(MailErrorCode.Cannot, "Not a domain");
    }

    private MailError Failed(Exception e)
    {
        Log.AccountFailed(_accounts.Logger, e);
        return MailError.Unavailable();
    }

    private async Task<(AccountId Id, AccountProfile Profile)?> OwnerAsync(MailboxId mailbox, CancellationToken cancellationToken)
    {
        if (await _store.FindOwnerAsync(mailbox, cancellationToken) is not { } owner)
            return null;
        return await _accounts.Find(owner).ProfileAsync(cancellationToken) is { } profile ? (owner, profile) : null;
    }

    // Whether an account exists in another domain is not told
    private async Task<MailResult<AccountId>> ResolveAsync(
        (AccountId Id, AccountProfile Profile) owner, string identifier, CancellationToken cancellationToken)
    {
        if (identifier == AnyoneName)
            return _options.AllowAnyone ? SharingStore.Anyone : new MailError(MailErrorCode.Cannot, "Sharing with anyone is switched off");
        var address = identifier.Contains('@', StringComparison.Ordinal) ? identifier : $"{identifier}@{owner.Profile.Domain}";
        if (await _accounts.FindAsync(address, cancellationToken) is { } found
            && await _accounts.Find(found.Account).ProfileAsync(cancellationToken) is { } profile
            && (_options.AcrossDomains || profile.Domain == owner.Profile.Domain))
            return found.Account;
        return new MailError(MailErrorCode.Cannot, "There is no such user");
    }

    private void OnChanged(AccountId id)
    {
        if (id == SharingStore.Anyone)
            OnInterrupted();
        else if (_users.TryGetValue(id, out var grants))
            grants.Forget();
    }

    private void OnInterrupted()
    {
        foreach (var grants in _users.Values)
            grants.Forget();
    }

    /// <summary>What one user may use. Grants are kept until they change; the view also until an owner is known by another name.</summary>
    private sealed class UserGrants(AccountId user, SharingHost host)
    {
        private volatile Grants? _grants;
        private volatile Composed? _composed;
        private int _changes;

        public void Forget()
        {
            Interlocked.Increment(ref _changes);
            _grants = null;
        }

        public async ValueTask<SharedView> ViewAsync(CancellationToken cancellationToken)
        {
            var grants = _grants ?? await ReadAsync(cancellationToken);
            var owners = grants.Owners;
            if (owners.Length == 0 && !grants.MayCreateShared)
                return SharedView.Nothing;
            var profiles = owners.Length == 0 ? [] : new AccountProfile?[owners.Length];
            for (var i = 0; i < owners.Length; i++)
                profiles[i] = await host._accounts.Find(owners[i].Account).ProfileAsync(cancellationToken);
            if (_composed is { } known && ReferenceEquals(known.Grants, grants) && profiles.AsSpan().SequenceEqual(known.Profiles))
                return known.View;
            var composed = new Composed(grants, profiles, Compose(grants, profiles));
            _composed = composed;
            return composed.View;
        }

        private SharedView Compose(Grants grants, AccountProfile?[] profiles)
        {
            var accounts = ImmutableArray.CreateBuilder<SharingAccount>();
            for (var i = 0; i < profiles.Length; i++)
            {
                if (profiles[i] is { Domain: not "" } profile && (profile.Domain == grants.Domain || (host._options.AcrossDomains && profile.Address is not null)))
                    accounts.Add(grants.Owners[i] with { Address = profile.Address });
            }

            return new SharedView(accounts.ToImmutable(), grants.MayCreateShared);
        }

        private async ValueTask<Grants> ReadAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                var changes = Volatile.Read(ref _changes);
                var profile = await host._accounts.Find(user).ProfileAsync(cancellationToken);
                if (profile is null)
                    return new Grants("", false, []);
                var rows = await host._store.ReadGrantsAsync(user, profile.Domain, cancellationToken);
                var grants = new Grants(profile.Domain, profile.Address is { } address && host._options.MayCreate(address), ByOwner(rows));
                _grants = grants;
                if (changes == Volatile.Read(ref _changes))
                    return grants;
                _grants = null; // it changed while it was being read
            }
        }

        private static ImmutableArray<SharingAccount> ByOwner(List<StoredGrant> rows)
        {
            var owners = ImmutableArray.CreateBuilder<SharingAccount>();
            for (var i = 0; i < rows.Count;)
            {
                var owner = rows[i].Owner;
                var mailboxes = ImmutableArray.CreateBuilder<GrantedMailbox>();
                for (; i < rows.Count && rows[i].Owner == owner; i++)
                    mailboxes.Add(new GrantedMailbox(rows[i].Mailbox, rows[i].Rights));
                owners.Add(new SharingAccount(owner, null, mailboxes.ToImmutable()));
            }

            return owners.ToImmutable();
        }

        private sealed record Grants(string Domain, bool MayCreateShared, ImmutableArray<SharingAccount> Owners);

        private sealed record Composed(Grants Grants, AccountProfile?[] Profiles, SharedView View);
    }
}
