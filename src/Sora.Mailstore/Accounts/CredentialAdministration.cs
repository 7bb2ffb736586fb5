using System.Collections.Immutable;
using Sora.Contracts;
using Sora.Mailstore.Accounts.Passwords;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Accounts;

/// <summary>
/// The addresses of accounts and their passwords. Each address logs in with a password of its own or shares that of others of its account, and may have further passwords beside it.
/// What it changes is announced to running servers.
/// </summary>
public sealed class CredentialAdministration(Database database, PasswordHasher passwords, AccountOptions options, Action<AccountId> announce)
{
    private readonly AdministrationStore _store = new(database.Write);

    /// <summary>
    /// Gives an address, and those of its account that share its password, a new one. NONEXISTENT; CANNOT when the hash will not do.
    /// </summary>
    /// <param name="address">The address.</param>
    /// <param name="password">Its new password.</param>
    /// <param name="endSessions">All sessions of the account end; otherwise they go on.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<MailResult<AccountChange>> SetPasswordAsync(
        string address, NewPassword password, bool endSessions, CancellationToken cancellationToken)
    {
        var name = AccountHost.Normalize(address);
        var hash = await HashAsync(name, password, without: null, isFurther: false, cancellationToken);
        return hash.IsOk ? Announced(await _store.SetPasswordAsync(name, hash.Value, endSessions, cancellationToken)) : hash.Error;
    }

    /// <summary>Makes another address of an account its primary one. NONEXISTENT; CANNOT when the address belongs to another account.</summary>
    public async Task<MailResult<AccountChange>> MakePrimaryAsync(string account, string address, CancellationToken cancellationToken) =>
        Announced(await _store.MakePrimaryAsync(AccountHost.Normalize(account), AccountHost.Normalize(address), cancellationToken));

    /// <summary>Adds an address to the account that has another one.</summary>
    /// <param name="account">Any address of the account.</param>
    /// <param name="address">The new one.</param>
    /// <param name="passwordHash">Its password hash; null shares the password of <paramref name="account"/>.</param>
    /// <param name="settings">What it is for.</param>
    /// <param name="primary">It becomes the primary one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>NONEXISTENT, ALREADYEXISTS when it is taken, CANNOT when it is none or the hash will not do.</returns>
    public async Task<MailResult<AccountChange>> AddAsync(
        string account, string address, string? passwordHash, CredentialSettings settings, bool primary, CancellationToken cancellationToken)
    {
        var parsed = AccountAddress.Parse(address);
        if (!parsed.IsOk)
            return parsed.Error;
        if ((passwordHash is null ? null : WhyRefused(passwordHash)) is { } refused)
            return refused;
        if (WhyRefused(settings) is { } reason)
            return reason;
        return Announced(await _store.AddCredentialAsync(AccountHost.Normalize(account), parsed.Value, passwordHash, settings, primary, cancellationToken));
    }

    /// <summary>Adds a further password to an address. NONEXISTENT; CANNOT when the hash will not do; LIMIT.</summary>
    /// <param name="address">The address.</param>
    /// <param name="password">The password; null for one that is generated, which is the best there is: it cannot be guessed, and costs other logins nothing.</param>
    /// <param name="settings">What it is for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<MailResult<CredentialChange>> AddPasswordAsync(
        string address, NewPassword? password, CredentialSettings settings, CancellationToken cancellationToken)
    {
        if (WhyRefused(settings) is { } reason)
            return reason;
        var name = AccountHost.Normalize(address);
        var (hash, generated, lookup) = await MakeAsync(name, password, without: null, cancellationToken);
        if (!hash.IsOk)
            return hash.Error;
        var added = await _store.AddPasswordAsync(name, hash.Value, lookup, settings, options.MaxPasswords, options.MaxChosenPasswords, cancellationToken);
        if (!added.IsOk)
            return added.Error;
        announce(added.Value.Account);
        return added.Value with { Generated = generated };
    }

    /// <summary>Changes a credential. NONEXISTENT; CANNOT when something will not do.</summary>
    /// <param name="id">Which one.</param>
    /// <param name="update">What of it.</param>
    /// <param name="generate">It gets a new generated password. Only for further passwords.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<MailResult<CredentialChange>> UpdateAsync(CredentialId id, CredentialUpdate update, bool generate, CancellationToken cancellationToken)
    {
        if (WhyRefused(new CredentialSettings(update.Description ?? "", update.Scopes ?? LoginScopes.All, null)) is { } reason)
            return reason;
        if (await _store.AddressOfAsync(id, cancellationToken) is not { } address)
            return AdministrationStore.NoSuchCredential(id);
        var isFurther = (await _store.ListCredentialsAsync(address, cancellationToken)).Any(credential => credential.Id == id && credential.Kind == CredentialKind.Password);
        if (generate && !isFurther)
            return new MailError(MailErrorCode.Cannot, $"Only further passwords are generated: give {address} its own with --random-password");
        string? hash = null;
        string? generated = null;
        byte[]? lookup = null;
        if (generate || update.Password is not null)
        {
            var made = isFurther
                ? await MakeAsync(address, generate ? null : update.Password, id, cancellationToken)
                : (await HashAsync(address, update.Password!, id, isFurther: false, cancellationToken), null, null);
            if (!made.Hash.IsOk)
                return made.Hash.Error;
            (hash, generated, lookup) = (made.Hash.Value, made.Generated, made.Lookup);
        }

        var changed = Announced(await _store.UpdateCredentialAsync(id, address, update, hash, lookup, cancellationToken));
        return changed.IsOk ? new CredentialChange(id, changed.Value.Account, changed.Value.PrimaryAddress, address, generated) : changed.Error;
    }

    /// <summary>The credentials of an account: the primary address, the others, further passwords. NONEXISTENT.</summary>
    public async Task<MailResult<ImmutableArray<Credential>>> ListAsync(string account, CancellationToken cancellationToken)
    {
        var normalized = AccountHost.Normalize(account);
        var credentials = await _store.ListCredentialsAsync(normalized, cancellationToken);
        return credentials.Length > 0 ? credentials : AdministrationStore.NoSuchAccount(normalized);
    }

    /// <summary>Deletes an address for good, with its further passwords. NONEXISTENT; CANNOT when it is the primary one (and so when it is the last).</summary>
    /// <param name="address">The address.</param>
    /// <param name="account">When given, an address of the account that it must belong to.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<MailResult<AccountChange>> DeleteAsync(string address, string? account, CancellationToken cancellationToken) =>
        Announced(await _store.DeleteCredentialAsync(
            AccountHost.Normalize(address), account is null ? null : AccountHost.Normalize(account), cancellationToken));

    /// <summary>Deletes a further password for good; its sessions end. NONEXISTENT; CANNOT when it is an address.</summary>
    /// <param name="id">Which one.</param>
    /// <param name="account">When given, an address of the account that it must belong to.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<MailResult<AccountChange>> DeletePasswordAsync(CredentialId id, string? account, CancellationToken cancellationToken) =>
        await _store.AddressOfAsync(id, cancellationToken) is { } address
            ? Announced(await _store.DeletePasswordAsync(id, address, account is null ? null : AccountHost.Normalize(account), cancellationToken))
            : AdministrationStore.NoSuchCredential(id);

    private async Task<(MailResult<string> Hash, string? Generated, byte[]? Lookup)> MakeAsync(
        string address, NewPassword? password, CredentialId? without, CancellationToken cancellationToken)
    {
        if (password is not null)
            return (await HashAsync(address, password, without, isFurther: true, cancellationToken), null, null);
        var generated = GeneratedPassword.Make();
        var like = await LikeAsync(address, without, cancellationToken);
        return (passwords.HashGenerated(generated, like), generated, GeneratedPassword.Lookup(generated));
    }

    // A challenge of SCRAM names one salt before the server knows which password the client has, so all passwords of an address have the same
    private async Task<MailResult<string>> HashAsync(
        string address, NewPassword password, CredentialId? without, bool isFurther, CancellationToken cancellationToken)
    {
        if (password.Text is not { } text)
            return WhyRefused(password.Hash) is { } refused ? refused : password.Hash;
        var like = await LikeAsync(address, without, cancellationToken);

        // The first is the address's own, which is about to be replaced: only those that stay count
        return like.Count > 0 && (isFurther || await HasFurtherAsync(address, cancellationToken)) ? passwords.Hash(text, like) : password.Hash;
    }

    private async Task<bool> HasFurtherAsync(string address, CancellationToken cancellationToken) =>
        (await _store.StoredPasswordsAsync(address, null, cancellationToken)).Count > 1;

    private async Task<List<ScramKeys>> LikeAsync(string address, CredentialId? without, CancellationToken cancellationToken) =>
        [.. (await _store.StoredPasswordsAsync(address, without, cancellationToken)).SelectMany(static stored => PasswordHasher.ScramKeys(stored))];

    private MailError? WhyRefused(string passwordHash) =>
        passwords.CanVerify(passwordHash)
            ? null
            : new MailError(MailErrorCode.Cannot, "The password hash has a scheme that is not known or not allowed");

    private static MailError? WhyRefused(CredentialSettings settings)
    {
        if (settings.Description.Length > CredentialSettings.MaxDescription)
            return new MailError(MailErrorCode.Cannot, "The description has more than 200 characters");
        return settings.Description.Any(char.IsControl) ? new MailError(MailErrorCode.Cannot, "The description has control characters") : null;
    }

    private MailResult<AccountChange> Announced(MailResult<AccountChange> result)
    {
        if (result.IsOk)
            announce(result.Value.Account);
        return result;
    }
}
