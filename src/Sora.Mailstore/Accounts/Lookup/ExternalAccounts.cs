using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Accounts.Passwords;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Accounts.Lookup;

/// <summary>
/// Accounts of a site whose users live elsewhere: who they are is asked of a service, and what they have here is made when the service first tells of them. Where the service is not
/// asked, and where it knows nobody, the accounts are those of this database.
/// </summary>
/// <param name="inner">The accounts of the database.</param>
/// <param name="lookup">The service.</param>
/// <param name="mayCreate">Accounts are made when the service first tells of them.</param>
/// <param name="usesLocal">Accounts that were made here are used when the service does not know them.</param>
public sealed class ExternalAccounts(
    AccountHost inner,
    IAccountLookup lookup,
    Database database,
    QuotaHost quotas,
    PasswordHasher hasher,
    PasswordVerifier passwords,
    bool mayCreate,
    bool usesLocal,
    ILogger<ExternalAccounts> logger) : IAccounts
{
    private static readonly MailError Failed = new(MailErrorCode.AuthenticationFailed, "Authentication failed");

    private readonly ExternalAccountHost _host = new(database, inner, quotas, mayCreate, logger);

    /// <inheritdoc/>
    public IAccount Get(AccountId id) => inner.Get(id);

    /// <inheritdoc/>
    public IDisposable Subscribe(AccountId id, IAccountSubscriber subscriber) => inner.Subscribe(id, subscriber);

    /// <inheritdoc/>
    /// <exception cref="AccountsAwayException">The service is away.</exception>
    public async ValueTask<AccountIdentity?> FindAsync(string address, CancellationToken cancellationToken)
    {
        var name = AccountHost.Normalize(address);
        if (!lookup.Covers(name))
            return await inner.FindAsync(name, cancellationToken);
        var found = await lookup.FindAsync(name, cancellationToken);
        if (!found.IsOk)
            throw new AccountsAwayException();
        return found.Value is { } external ? await _host.EnsureAsync(external, cancellationToken)
            : usesLocal ? await _host.FindLocalAsync(name, cancellationToken)
            : null;
    }

    /// <inheritdoc/>
    public async ValueTask<MailResult<AccountIdentity>> AuthenticateAsync(LoginRequest login, string password, CancellationToken cancellationToken)
    {
        var name = AccountHost.Normalize(login.User);
        if (!lookup.Covers(name))
            return await inner.AuthenticateAsync(login, password, cancellationToken);
        try
        {
            return await CheckAsync(login, name, password, cancellationToken);
        }
        catch (PasswordVerifierBusyException)
        {
            return MailError.Unavailable("Too many logins at once, try again later");
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.AccountFailed(logger, e);
            return MailError.Unavailable();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<MailResult<ScramChallenge>> FindScramAsync(LoginRequest login, ScramHashes hash, CancellationToken cancellationToken)
    {
        var name = AccountHost.Normalize(login.User);
        if (!lookup.Covers(name))
            return await inner.FindScramAsync(login, hash, cancellationToken);
        var found = await FindAsync(login, name, cancellationToken);
        if (!found.IsOk)
            return found.Error;
        if (KeysOf(found.Value, hash) is { } keys)
            return new ScramChallenge([keys]);
        return found.Value.Account is null && usesLocal
            ? await inner.FindScramAsync(login, hash, cancellationToken)
            : await inner.FindScramAsync(login with { User = Nobody(name) }, hash, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<MailResult<AccountIdentity>> ConfirmScramAsync(LoginRequest login, ScramKeys proven, CancellationToken cancellationToken)
    {
        var name = AccountHost.Normalize(login.User);
        if (!lookup.Covers(name))
            return await inner.ConfirmScramAsync(login, proven, cancellationToken);
        var found = await FindAsync(login, name, cancellationToken);
        if (!found.IsOk)
            return found.Error;
        if (found.Value.Account is not { } external)
            return usesLocal ? await inner.ConfirmScramAsync(login, proven, cancellationToken) : Failed;
        return KeysOf(found.Value, proven.Hash) is { } keys && CryptographicOperations.FixedTimeEquals(keys.StoredKey.AsSpan(), proven.StoredKey.AsSpan())
            ? await LetInAsync(login, external, cancellationToken)
            : Failed;
    }

    /// <inheritdoc/>
    public async ValueTask<MailResult<AccountIdentity>> AdmitAsync(LoginRequest login, CancellationToken cancellationToken)
    {
        var name = AccountHost.Normalize(login.User);
        if (!lookup.Covers(name))
            return await inner.AdmitAsync(login, cancellationToken);
        var found = await lookup.FindAsync(name, cancellationToken);
        if (!found.IsOk)
            return found.Error;
        return found.Value is { } external ? await LetInAsync(login, external, cancellationToken)
            : usesLocal ? await inner.AdmitAsync(login, cancellationToken)
            : Failed;
    }

    /// <inheritdoc/>
    public IDisposable Watch(AccountIdentity identity, IAccountSubscriber subscriber) => inner.Watch(identity, subscriber);

    /// <inheritdoc/>
    public ValueTask<bool> MayGoOnAsync(AccountIdentity identity, CancellationToken cancellationToken) => inner.MayGoOnAsync(identity, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ScramHashes> ScramForAllAsync(CancellationToken cancellationToken) => new(ScramHashes.None); // what the service has for all of its users it does not tell

    private async ValueTask<MailResult<AccountIdentity>> CheckAsync(LoginRequest login, string name, string password, CancellationToken cancellationToken)
    {
        // What was generated here is not sent to the service, which would count it as a wrong password
        if (GeneratedPassword.Lookup(password) is not null && await CheckFurtherAsync(login, name, password, cancellationToken) is { } generated)
            return generated;
        var found = await lookup.LogInAsync(Ask(login, name, password), cancellationToken);
        if (!found.IsOk)
            return found.Error;
        if (found.Value.Account is not { } external)
        {
            if (found.Value.IsRight is false && await CheckFurtherAsync(login, name, password, cancellationToken) is { } further)
                return further;
            if (found.Value.IsRight is false)
                return Failed;
            if (usesLocal && await _host.FindLocalAsync(name, cancellationToken) is not null)
                return await inner.AuthenticateAsync(login, password, cancellationToken);
            await passwords.VerifyDummyAsync(name, password, cancellationToken);
            return Failed;
        }

        return found.Value.IsRight ?? await IsRightAsync(external, password, cancellationToken)
            ? await LetInAsync(login, external, cancellationToken)
            : await CheckFurtherAsync(login, name, password, cancellationToken) ?? Failed;
    }

    /// <summary>Whether it is one of the further passwords that the address has here, of a user whom the service still knows; null when it is none.</summary>
    private async ValueTask<MailResult<AccountIdentity>?> CheckFurtherAsync(LoginRequest login, string name, string password, CancellationToken cancellationToken)
    {
        var further = await inner.AuthenticateFurtherAsync(login, password, cancellationToken);
        if (further.Error is { Code: MailErrorCode.AuthenticationFailed })
            return null;
        var found = await FindAsync(login, name, cancellationToken);
        if (!found.IsOk)
            return found.Error;
        if (found.Value.Account is not { } external)
            return null;
        return await _host.EnsureAsync(external, cancellationToken) is { } identity && (!further.IsOk || further.Value.Account == identity.Account) ? further : Failed;
    }

    private ValueTask<MailResult<ExternalLogin>> FindAsync(LoginRequest login, string name, CancellationToken cancellationToken) =>
        lookup.LogInAsync(Ask(login, name, null), cancellationToken);

    private static ExternalLoginRequest Ask(LoginRequest login, string name, string? password) =>
        new(name, password, login.Protocol.ToString().ToLowerInvariant(), login.Client);

    // Who it is here, and whether it may be let in, is said as for all others
    private async ValueTask<MailResult<AccountIdentity>> LetInAsync(LoginRequest login, ExternalAccount external, CancellationToken cancellationToken)
    {
        try
        {
            return await _host.EnsureAsync(external, cancellationToken) is { } identity
                ? await inner.AdmitAsync(login with { User = identity.PrimaryAddress }, cancellationToken)
                : Failed;
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.AccountFailed(logger, e);
            return MailError.Unavailable();
        }
    }

    private static ScramKeys? KeysOf(ExternalLogin found, ScramHashes hash) =>
        found.Account?.PasswordHash is { } stored ? PasswordHasher.ScramKeys(stored, hash) : null;

    private async Task<bool> IsRightAsync(ExternalAccount external, string password, CancellationToken cancellationToken)
    {
        if (external.PasswordHash is not { } stored || !hasher.CanVerify(stored))
        {
            if (external.PasswordHash is not null)
                Log.ExternalScheme(logger, external.Address);
            return await passwords.VerifyDummyAsync(external.Address, password, cancellationToken);
        }

        return await passwords.VerifyAsync(external.Address, password, stored, cancellationToken);
    }

    // A name that no address can be, for made-up keys that are always the same for the same name
    private static string Nobody(string name) => "\u0001" + name;
}
