using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Accounts.Lookup;

/// <summary>Makes accounts here for those that a service tells of, with their aliases and quotas, and keeps these as the service has them.</summary>
internal sealed class ExternalAccountHost(Database database, AccountHost accounts, QuotaHost quotas, bool mayCreate, ILogger logger)
{
    private const int MostApplied = 100_000;

    private readonly LookupStore _store = new(database.Write);
    private readonly AccountCreationStore _creation = new(database.Write);

    // What was last made of an account, so that a login that finds the same writes nothing
    private readonly ConcurrentDictionary<AccountId, ExternalAccount> _applied = new();

    /// <summary>The account of this address if it does not come from the service.</summary>
    public async ValueTask<AccountIdentity?> FindLocalAsync(string address, CancellationToken cancellationToken)
    {
        // Mostly there is none, which is remembered
        if (await accounts.FindAsync(address, cancellationToken) is null)
            return null;
        return await _store.FindAsync(address, cancellationToken) is { IsExternal: false } found ? found.Identity : null;
    }

    /// <summary>The account here; null when there is none and none is to be made, or when it was deleted here.</summary>
    public async ValueTask<AccountIdentity?> EnsureAsync(ExternalAccount external, CancellationToken cancellationToken)
    {
        var identity = await accounts.FindAsync(external.Address, cancellationToken) ?? await CreateAsync(external.Address, cancellationToken);
        if (identity is not null && !(_applied.TryGetValue(identity.Account, out var applied) && ReferenceEquals(applied, external)))
            await ApplyAsync(identity.Account, external, cancellationToken);
        return identity;
    }

    private async Task<AccountIdentity?> CreateAsync(string address, CancellationToken cancellationToken)
    {
        if (!mayCreate)
            return null;
        var parsed = AccountAddress.Parse(address);
        if (!parsed.IsOk)
        {
            Log.ExternalRefused(logger, address, parsed.Error.Text);
            return null;
        }

        var created = await _creation.CreateAsync(new NewAccount(parsed.Value, LookupStore.Mark), cancellationToken);
        if (created.IsOk)
        {
            Log.ExternalCreated(logger, created.Value, address);
            accounts.Announce(created.Value);
            return new AccountIdentity(created.Value, parsed.Value);
        }

        // Another login or another node was first, or it was deleted here, which the service does not undo
        var found = await _store.FindAsync(parsed.Value, cancellationToken);
        if (found is null)
            Log.ExternalRefused(logger, address, created.Error.Text);
        return found?.Identity;
    }

    private async Task ApplyAsync(AccountId account, ExternalAccount external, CancellationToken cancellationToken)
    {
        if (external.Aliases is { } aliases && await _store.SetAliasesAsync(account, aliases, cancellationToken))
            accounts.Announce(account);
        if (external.Quota is { } quota)
        {
            var wanted = new StoredQuota(
                quota.Storage ?? StoredQuota.Unlimited, quota.Messages ?? StoredQuota.Unlimited, quota.Mailboxes ?? StoredQuota.Unlimited);
            if (await quotas.ReadAccountAsync(account, cancellationToken) != wanted)
            {
                var set = await quotas.SetAsync(account, wanted, cancellationToken);
                if (!set.IsOk)
                    Log.ExternalRefused(logger, external.Address, set.Error.Text);
            }
        }

        if (_applied.Count >= MostApplied)
            _applied.Clear();
        _applied[account] = external;
    }
}
