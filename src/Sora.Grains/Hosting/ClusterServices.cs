using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Providers;
using Orleans.Serialization.Configuration;
using Sora.Grains.Accounts;
using Sora.Grains.Calls;
using Sora.Grains.Configuration;
using Sora.Grains.Mailboxes;
using Sora.Grains.Observers;

namespace Sora.Grains.Hosting;

/// <summary>What grains and filters are made with.</summary>
internal static class ClusterServices
{
    /// <summary>For silos and clients.</summary>
    public static IServiceCollection AddCluster(this IServiceCollection services, ClusterOptions options, ClusterMetrics metrics) =>
        services.AddSingleton(options).AddSingleton(metrics).AddSingleton<ServedCalls>()
            .Configure<TypeManifestOptions>(static types => types.AddAllowedType(typeof(QuotaNews)));

    /// <summary>For silos. The engine's objects are their owner's to dispose.</summary>
    public static IServiceCollection AddEngine(this IServiceCollection services, ClusterEngine engine, ClusterOptions options) => services
        .AddSingleton(engine.Mailboxes)
        .AddSingleton(engine.Accounts)
        .AddKeyedSingleton<IControllable>(QuotaNews.Name, new QuotaNews(engine.Mailboxes.Quotas))
        .AddSingleton(engine.Transfer(options))
        .AddSingleton<HostedMailboxes>()
        .AddSingleton(provider => new MailboxObservers(
            engine.Mailboxes, options, provider.GetRequiredService<ClusterMetrics>(), engine.Time, engine.Loggers.CreateLogger<MailboxObservers>()));
}
