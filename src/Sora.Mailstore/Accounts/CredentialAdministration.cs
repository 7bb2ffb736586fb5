using System.Collections.Immutable;
using Sora.Contracts;
using Sora.Mailstore.Accounts.Passwords;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Accounts;

/// <summary>
/// The addresses of accounts and their passwords. Each address logs in with a password of its own or shares that of others of its account.
/// What it changes is announced to running servers.
/// </summary>
public sealed class CredentialAdministration(Database database, PasswordHasher passwords, Action<AccountId> announce)
{
    private readonly AdministrationStore _store = new(database.Write);

    /// <summary>
    /// Gives an address, and those of its account that share its password, a new password hash. NONEXISTENT; CANNOT when the hash will not do.
    /// </summary>
    public async Task<MailResult<AccountChange>> SetPasswordAsync(string address, string passwordHash, CancellationToken cancellationToken) =>
        WhyRefused(passwordHash) is { } refused
            ? refused
            : Announced(await _store.SetPasswordAsync(AccountHost.Normalize(address), passwordHash, cancellationToken));

    /// <summary>Makes another address of an account its primary one. NONEXISTENT; CANNOT when the address belongs to another account.</summary>
    public async Task<MailResult<AccountChange>> MakePrimaryAsync(string account, string address, CancellationToken cancellationToken) =>
        Announced(await _store.MakePrimaryAsync(AccountHost.Normalize(account), AccountHost.Normalize(address), cancellationToken));

    /// <summary>Adds an address to the account that has another one.</summary>
    /// <param name="account">Any address of the account.</param>
    /// <param name="address">The new one.</param>
    /// <param name="passwordHash">Its password hash; null shares the password of <paramref name="account"/>.</param>
    /// <param name="primary">It becomes the primary one.</param>
    /// <returns>NONEXISTENT, ALREADYEXISTS when it is taken, CANNOT when it is none or the hash will not do.</returns>
    public async Task<MailResult<AccountChange>> AddAsync(
        string account, string address, string? passwordHash, bool primary, CancellationToken cancellationToken)
    {
        var parsed = AccountAddress.Parse(address);
        if (!parsed.IsOk)
            return parsed.Error;
        if (passwordHash is not null && WhyRefused(passwordHash) is { } refused)
            return refused;
        return Announced(await _store.AddCredentialAsync(AccountHost.Normalize(account), parsed.Value, passwordHash, primary, cancellationToken));
    }

    /// <summary>The addresses of an account, the primary one first. NONEXISTENT.</summary>
    public async Task<MailResult<ImmutableArray<Credential>>> ListAsync(string account, CancellationToken cancellationToken)
    {
        var normalized = AccountHost.Normalize(account);
        var credentials = await _store.ListCredentialsAsync(normalized, cancellationToken);
        return credentials.Length > 0 ? credentials : AdministrationStore.NoSuchAccount(normalized);
    }

    /// <summary>Deletes an address for good. NONEXISTENT; CANNOT when it is the primary one (and so when it is the last).</summary>
    /// <param name="address">The address.</param>
    /// <param name="account">When given, an address of the account that it must belong to.</param>
    public async Task<MailResult<AccountChange>> DeleteAsync(string address, string? account, CancellationToken cancellationToken) =>
        Announced(await _store.DeleteCredentialAsync(
            AccountHost.Normalize(address), account is null ? null : AccountHost.Normalize(account), cancellationToken));

    private MailError? WhyRefused(string passwordHash) =>
        passwords.CanVerify(passwordHash)
            ? null
            : new MailError(MailErrorCode.Cannot, "The password hash has a scheme that is not known or not allowed");

    private MailResult<AccountChange> Announced(MailResult<AccountChange> result)
    {
        if (result.IsOk)
            announce(result.Value.Account);
        return result;
    }
}
