using Sora.Contracts;
using Sora.Mailstore.Accounts.Passwords;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Accounts;

/// <summary>
/// Decides who may log in. An address has its own password and may have others beside it; of those that were generated the right one is found by the password itself, so that a login
/// costs one hash, and one for each further password that somebody has chosen.
/// </summary>
/// <param name="heard">Counts the changes of accounts that this process has heard of.</param>
/// <param name="renewed">A stored password has another form now.</param>
internal sealed class LoginCheck(LoginStore store, PasswordVerifier passwords, ScramCredentials scram, LastUses uses, Func<int> heard, Action renewed)
{
    private const int MaxAttempts = 3;

    private static readonly MailError Failed = new(MailErrorCode.AuthenticationFailed, "Authentication failed");
    private static readonly MailError Disabled = new(MailErrorCode.ContactAdmin, "The account is disabled");

    /// <param name="furtherOnly">The address's own password is somebody else's to check, and so is the time that it takes.</param>
    public async Task<MailResult<AccountIdentity>> CheckAsync(LoginRequest login, string password, bool furtherOnly, CancellationToken cancellationToken)
    {
        var name = AccountHost.Normalize(login.User);
        var lookup = GeneratedPassword.Lookup(password);
        var changes = heard();
        var stored = await store.FindAsync(name, lookup, cancellationToken);
        if (stored is null && furtherOnly)
            return Failed;
        if (stored is null)
        {
            await passwords.VerifyDummyAsync(name, password, cancellationToken);
            return Failed;
        }

        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var (right, isQuick) = await FindRightAsync(stored, login.Protocol, password, furtherOnly, cancellationToken);
            if (right is null)
                return Failed;
            if (isQuick)
                return await LetInAsync(login, stored, right, password, changes, cancellationToken);

            // In a storm of logins a check waits for its turn, and what was the password then need not be it any more
            changes = heard();
            var now = await store.FindAsync(name, lookup, cancellationToken);
            if (now is null)
                return Failed;
            if (now.Passwords.Find(credential => credential.Id == right.Id) is { } still && still.PasswordHash == right.PasswordHash)
                return await LetInAsync(login, now, still, password, changes, cancellationToken);
            stored = now;
        }

        return MailError.Unavailable();
    }

    public async Task<MailResult<AccountIdentity>> AdmitAsync(LoginRequest login, CancellationToken cancellationToken)
    {
        var changes = heard();
        if (await store.FindAsync(AccountHost.Normalize(login.User), null, cancellationToken) is not { } stored)
            return Failed;
        return stored.IsDisabled ? Disabled : new AccountIdentity(stored.Account, stored.PrimaryAddress, new LoginTicket(stored.Account, default, login.Protocol, stored.Epoch, null, changes));
    }

    public async Task<ScramChallenge> FindScramAsync(LoginRequest login, ScramHashes hash, CancellationToken cancellationToken)
    {
        var name = AccountHost.Normalize(login.User);
        var madeUp = await scram.MakeUpAsync(name, hash, cancellationToken);
        return await store.FindAllAsync(name, cancellationToken) is { } stored && KeysOf(stored, hash) is [_, ..] keys
            ? new ScramChallenge([.. keys.Select(static pair => pair.Keys)])
            : new ScramChallenge([madeUp]);
    }

    public async Task<MailResult<AccountIdentity>> ConfirmScramAsync(LoginRequest login, ScramKeys proven, CancellationToken cancellationToken)
    {
        var changes = heard();
        if (await store.FindAllAsync(AccountHost.Normalize(login.User), cancellationToken) is not { } stored)
            return Failed;
        foreach (var (keys, credential) in KeysOf(stored, proven.Hash).OrderByDescending(pair => IsFor(pair.Credential, login.Protocol)))
        {
            if (keys.HasSaltOf(proven) && keys.StoredKey.AsSpan().SequenceEqual(proven.StoredKey.AsSpan()))
                return LetIn(login, stored, credential, changes);
        }

        return Failed;
    }

    // Those with the salt of the address's own password, or, if that has no keys, of the first that has: a challenge names one salt
    private static List<(ScramKeys Keys, StoredCredential Credential)> KeysOf(StoredLogin stored, ScramHashes hash)
    {
        var found = new List<(ScramKeys Keys, StoredCredential Credential)>();
        foreach (var credential in stored.Passwords)
        {
            if (PasswordHasher.ScramKeys(credential.PasswordHash, hash) is { } keys && (found.Count == 0 || keys.HasSaltOf(found[0].Keys)))
                found.Add((keys, credential));
        }

        return found;
    }

    // isQuick: it took no time in which something could have changed
    private async Task<(StoredCredential? Right, bool IsQuick)> FindRightAsync(
        StoredLogin stored, LoginScopes protocol, string password, bool furtherOnly, CancellationToken cancellationToken)
    {
        // One password may be two credentials: that which may be used comes first
        var candidates = stored.Passwords.Skip(furtherOnly ? 1 : 0).OrderByDescending(credential => IsFor(credential, protocol)).ToList();
        foreach (var credential in candidates)
        {
            if (credential.IsGenerated
                ? passwords.VerifyNow(password, credential.PasswordHash)
                : IsFor(credential, protocol) && passwords.IsRemembered(stored.PrimaryAddress, password, credential.PasswordHash))
                return (credential, true);
        }

        foreach (var credential in candidates.Where(static credential => !credential.IsGenerated))
        {
            if (await passwords.VerifyAsync(stored.PrimaryAddress, password, credential.PasswordHash, cancellationToken))
                return (credential, false);
        }

        if (!furtherOnly)
            await passwords.VerifyRestAsync(stored.PrimaryAddress, password, stored.Passwords[0].PasswordHash, cancellationToken);
        return (null, false);
    }

    private async Task<MailResult<AccountIdentity>> LetInAsync(
        LoginRequest login, StoredLogin stored, StoredCredential credential, string password, int changes, CancellationToken cancellationToken)
    {
        var result = LetIn(login, stored, credential, changes);
        if (result.IsOk)
            await RenewAsync(login, stored, credential, password, cancellationToken);
        return result;
    }

    private MailResult<AccountIdentity> LetIn(LoginRequest login, StoredLogin stored, StoredCredential credential, int changes)
    {
        if (stored.IsDisabled)
            return Disabled;
        if (credential.IsExpired)
            return new MailError(MailErrorCode.Expired, "The password has expired");
        if (!credential.Scopes.HasFlag(login.Protocol))
            return new MailError(MailErrorCode.AuthorizationFailed, "The password is not for this protocol");
        uses.Note(credential.Id, login);
        var ticket = new LoginTicket(stored.Account, credential.Id, login.Protocol, stored.Epoch, credential.ExpiresAt, changes);
        return new AccountIdentity(stored.Account, stored.PrimaryAddress, ticket);
    }

    private static bool IsFor(StoredCredential credential, LoginScopes protocol) => !credential.IsExpired && credential.Scopes.HasFlag(protocol);

    // A login does not fail because its hash could not be renewed: the next one tries again
    private async Task RenewAsync(LoginRequest login, StoredLogin stored, StoredCredential credential, string password, CancellationToken cancellationToken)
    {
        try
        {
            var isOwn = credential.Id == stored.Passwords[0].Id;
            var how = new Renewal(
                isOwn ? [] : [.. PasswordHasher.ScramKeys(stored.Passwords[0].PasswordHash)], MustBeLike: !isOwn, credential.IsGenerated);
            if (!passwords.WouldRenew(credential.PasswordHash, how))
                return;

            // Others may have keys already when the address's own password has none
            if (await store.FindAllAsync(AccountHost.Normalize(login.User), cancellationToken) is { } all)
                how = how with { Like = [.. how.Like, .. all.Passwords.SelectMany(static other => PasswordHasher.ScramKeys(other.PasswordHash))] };
            if (await passwords.RenewAsync(stored.PrimaryAddress, password, credential.PasswordHash, how, cancellationToken) is { } text)
            {
                await store.RenewAsync(stored.Account, credential.PasswordHash, text, cancellationToken);
                renewed();
            }
        }
        catch (PasswordVerifierBusyException)
        {
        }
    }
}
