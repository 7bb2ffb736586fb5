using Orleans.Providers;
using Sora.Contracts;
using Sora.Mailstore.Accounts;

namespace Sora.Grains.Accounts;

/// <summary>A mailstore hears that an account's limits were changed. Orleans looks it up by this very type.</summary>
internal sealed class QuotaNews(QuotaHost? quotas) : IControllable
{
    public const string Name = "sora.quotas";

    /// <param name="command">There is only one.</param>
    /// <param name="arg">The account's number.</param>
    public Task<object?> ExecuteCommand(int command, object? arg)
    {
        if (arg is long account)
            quotas?.Forget(new AccountId(account));
        return Task.FromResult<object?>(null);
    }
}
