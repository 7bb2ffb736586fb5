using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Accounts.Logins;

/// <summary>What administrators see of wrong passwords, and can have forgotten.</summary>
public sealed class LoginLimitAdministration(Database database, ChangeFeed feed)
{
    private readonly LoginLimitStore _store = new(database.Write, new LoginLimitOptions());

    /// <summary>What is blocked now; that which ends last first.</summary>
    /// <param name="network">Only networks in it, and pairs with such; null for all.</param>
    /// <param name="user">Only the user, and pairs with it; null for all.</param>
    public async Task<List<StoredLoginBlock>> ListAsync(string? network, string? user, int most, CancellationToken cancellationToken) =>
        await _store.ListBlockedAsync(network, await KeysAsync(user, cancellationToken), most, cancellationToken);

    /// <summary>Forgets what was counted, blocked or not, on all nodes; gives what was blocked.</summary>
    /// <param name="network">As for <see cref="ListAsync"/>.</param>
    /// <param name="user">As for <see cref="ListAsync"/>.</param>
    public async Task<List<StoredLoginBlock>> UnblockAsync(string? network, string? user, CancellationToken cancellationToken)
    {
        var blocked = await _store.ForgetAsync(network, await KeysAsync(user, cancellationToken), cancellationToken);
        await feed.TellLoginLimitsAsync([LoginLimitNews.All], cancellationToken);
        return blocked;
    }

    // What was counted for all addresses of an account stands under its primary one
    private async Task<Guid[]?> KeysAsync(string? user, CancellationToken cancellationToken)
    {
        if (user is null)
            return null;
        var keys = new LoginKeys(await LoginLimitStore.SecretAsync(database.Write, cancellationToken), 64);
        return await new AccountStore(database.Write).FindAsync(AccountHost.Normalize(user), cancellationToken) is { } account
            ? [keys.OfUser(user), keys.OfUser(account.PrimaryAddress)]
            : [keys.OfUser(user)];
    }
}
