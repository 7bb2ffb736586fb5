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
    public async ValueTask<MailResult<AccountIdentity>> AuthenticateAsync(string user, string password, CancellationToken cancellationToken)
    {
        var name = AccountHost.Normalize(user);
        if (!lookup.Covers(name))
            return await inner.AuthenticateAsync(user, password, cancellationToken);
        try
        {
            return await CheckAsync(user, name, password, cancellationToken);
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
    public async ValueTask<MailResult<ScramCredential>> FindScramAsync(string user, ScramHashes hash, CancellationToken cancellationToken)
    {
        var name = AccountHost.Normalize(user);
        if (!lookup.Covers(name))
            return await inner.FindScramAsync(user, hash, cancellationToken);
        try
        {
            var login = await lookup.LogInAsync(new ExternalLoginRequest(name, null, "", null), cancellationToken);
            if (!login.IsOk)
                return login.Error;
            if (login.Value.Account is { PasswordHash: { } stored } external && PasswordHasher.ScramKeys(stored, hash) is { } keys
                && await _host.EnsureAsync(external, cancellationToken) is { } identity)
            {
                return new ScramCredential(keys, identity);
            }

            return login.Value.Account is null && usesLocal && await _host.FindLocalAsync(name, cancellationToken) is not null
                ? await inner.FindScramAsync(name, hash, cancellationToken)
                : await inner.FindScramAsync(Nobody(name), hash, cancellationToken);
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.AccountFailed(logger, e);
            return MailError.Unavailable();
        }
    }

    /// <inheritdoc/>
    public ValueTask<ScramHashes> ScramForAllAsync(CancellationToken cancellationToken) => new(ScramHashes.None); // what the service has for all of its users it does not tell

    private async ValueTask<MailResult<AccountIdentity>> CheckAsync(string user, string name, string password, CancellationToken cancellationToken)
    {
        var login = await lookup.LogInAsync(new ExternalLoginRequest(name, password, "", null), cancellationToken);
        if (!login.IsOk)
            return login.Error;
        if (login.Value.Account is not { } external)
        {
            if (login.Value.IsRight is false)
                return Failed;
            if (usesLocal && await _host.FindLocalAsync(name, cancellationToken) is not null)
                return await inner.AuthenticateAsync(user, password, cancellationToken);
            await passwords.VerifyDummyAsync(password, cancellationToken);
            return Failed;
        }

        if (!(login.Value.IsRight ?? await IsRightAsync(external, password, cancellationToken)))
            return Failed;
        return await _host.EnsureAsync(external, cancellationToken) is { } identity ? identity : Failed;
    }

    private async Task<bool> IsRightAsync(ExternalAccount external, string password, CancellationToken cancellationToken)
    {
        if (external.PasswordHash is not { } stored || !hasher.CanVerify(stored))
        {
            if (external.PasswordHash is not null)
                Log.ExternalScheme(logger, external.Address);
            return await passwords.VerifyDummyAsync(password, cancellationToken);
        }

        return await passwords.VerifyAsync(external.Address, password, stored, cancellationToken);
    }

    // A name that no address can be, for made-up keys that are always the same for the same name
    private static string Nobody(string name) => "\u0001" + name;
}
