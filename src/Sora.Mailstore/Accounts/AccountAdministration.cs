using Sora.Contracts;
using Sora.Mailstore.Accounts.Passwords;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Accounts;

/// <summary>
/// Creates, lists, deletes and restores accounts. What it changes is announced to running servers. Addresses come in any case and are
/// stored in lower case.
/// </summary>
public sealed class AccountAdministration(Database database, PasswordHasher passwords, Action<AccountId> announce)
{
    private readonly AdministrationStore _store = new(database.Write);
    private readonly AccountCreationStore _creation = new(database.Write);

    /// <summary>The text can be an account's address.</summary>
    public static bool IsAddress(string text) => AccountAddress.Parse(text).IsOk;

    /// <summary>
    /// Creates an account with its default mailboxes. ALREADYEXISTS when the address is taken, CANNOT when address or password will not do.
    /// </summary>
    public Task<MailResult<AccountId>> CreateAsync(string address, string password, CancellationToken cancellationToken) =>
        PasswordHasher.WhyRefused(password) is { } reason
            ? Task.FromResult<MailResult<AccountId>>(new MailError(MailErrorCode.Cannot, reason))
            : CreateAsync(new NewAccount(address, passwords.Hash(password)), cancellationToken);

    /// <summary>Creates an account whose password hash comes from another server.</summary>
    public Task<MailResult<AccountId>> CreateWithHashAsync(string address, string passwordHash, CancellationToken cancellationToken) =>
        CreateAsync(new NewAccount(address, passwordHash), cancellationToken);

    /// <summary>Creates an account with all its addresses, or nothing. ALREADYEXISTS when one is taken, CANNOT when one or the hash will not do.</summary>
    public async Task<MailResult<AccountId>> CreateAsync(NewAccount account, CancellationToken cancellationToken)
    {
        var parsed = Parse(account);
        if (!parsed.IsOk)
            return parsed.Error;
        var result = await _creation.CreateAsync(parsed.Value, cancellationToken);
        if (result.IsOk)
            announce(result.Value);
        return result;
    }

    /// <summary>
    /// Creates many accounts of one address each in one statement; the results are in the order of the accounts. One that is refused does
    /// not disturb the others. A thousand at a time are plenty.
    /// </summary>
    public async Task<IReadOnlyList<MailResult<AccountId>>> CreateManyAsync(IReadOnlyList<NewAccount> accounts, CancellationToken cancellationToken)
    {
        var results = new MailResult<AccountId>[accounts.Count];
        var good = new List<NewAccount>(accounts.Count);
        var positions = new List<int>(accounts.Count);
        for (var i = 0; i < accounts.Count; i++)
        {
            if (accounts[i].MoreAddresses.Count > 0)
                throw new ArgumentException("Accounts of one address each", nameof(accounts));
            var parsed = Parse(accounts[i]);
            if (!parsed.IsOk)
            {
                results[i] = parsed.Error;
                continue;
            }

            good.Add(parsed.Value);
            positions.Add(i);
        }

        var created = await _creation.CreateManyAsync(good, cancellationToken);
        for (var i = 0; i < positions.Count; i++)
        {
            results[positions[i]] = created[i];
            if (created[i].IsOk)
                announce(created[i].Value);
        }

        return results;
    }

    /// <summary>Accounts in the order of their primary addresses.</summary>
    /// <param name="domain">Only those with an address in this domain.</param>
    /// <param name="after">Only those whose primary address comes after this one: the last of the page before.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="deleted">The deleted ones instead of the others.</param>
    public Task<IReadOnlyList<AccountSummary>> ListAsync(
        string? domain, string? after, int limit, bool deleted, CancellationToken cancellationToken) =>
        _store.ListAsync(domain?.Trim().ToLowerInvariant(), after is null ? null : AccountHost.Normalize(after), limit, deleted, cancellationToken);

    /// <summary>The account that has this address, also a deleted one. NONEXISTENT.</summary>
    public async Task<MailResult<AccountDetails>> FindAsync(string address, CancellationToken cancellationToken)
    {
        var normalized = AccountHost.Normalize(address);
        return await _store.FindAsync(normalized, cancellationToken) is { } details ? details : AdministrationStore.NoSuchAccount(normalized);
    }

    /// <summary>
    /// Deletes an account: no login, no delivery, no mailboxes, but everything is kept, its addresses too, until it is restored or purged.
    /// NONEXISTENT; CANNOT when the address is not the account's primary one, lest a whole account goes with an alias.
    /// </summary>
    public async Task<MailResult<AccountChange>> DeleteAsync(string primaryAddress, CancellationToken cancellationToken) =>
        Announced(await _store.DeleteAsync(AccountHost.Normalize(primaryAddress), cancellationToken));

    /// <summary>Brings a deleted account back as it was. NONEXISTENT; ALREADYEXISTS when it is not deleted.</summary>
    public async Task<MailResult<AccountChange>> RestoreAsync(string address, CancellationToken cancellationToken) =>
        Announced(await _store.RestoreAsync(AccountHost.Normalize(address), cancellationToken));

    /// <summary>
    /// Disables an account, whose sessions end: it lets nobody in and still receives mail. Or lets it in again. NONEXISTENT.
    /// </summary>
    public async Task<MailResult<AccountChange>> SetDisabledAsync(string address, bool disabled, CancellationToken cancellationToken) =>
        Announced(await _store.SetDisabledAsync(AccountHost.Normalize(address), disabled, cancellationToken));

    private MailResult<AccountChange> Announced(MailResult<AccountChange> result)
    {
        if (result.IsOk)
            announce(result.Value.Account);
        return result;
    }

    private MailResult<NewAccount> Parse(NewAccount account)
    {
        if (!passwords.CanVerify(account.PasswordHash))
            return new MailError(MailErrorCode.Cannot, "The password hash has a scheme that is not known or not allowed");
        var primary = AccountAddress.Parse(account.Address);
        if (!primary.IsOk)
            return primary.Error;
        var more = new List<string>(account.MoreAddresses.Count);
        foreach (var text in account.MoreAddresses)
        {
            var address = AccountAddress.Parse(text);
            if (!address.IsOk)
                return address.Error;
            if (address.Value == primary.Value || more.Contains(address.Value))
                return new MailError(MailErrorCode.Cannot, $"The address {address.Value} is named twice");
            more.Add(address.Value);
        }

        return new NewAccount(primary.Value, account.PasswordHash) { MoreAddresses = more };
    }
}
