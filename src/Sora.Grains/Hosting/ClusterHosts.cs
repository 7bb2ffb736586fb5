using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Services;
using Sora.Grains.Calls;
using Sora.Grains.Mailboxes;
using OrleansCluster = Orleans.Configuration.ClusterOptions;
using SoraCluster = Sora.Grains.Configuration.ClusterOptions;

namespace Sora.Grains.Hosting;

/// <summary>Orleans as [cluster] wants it: a silo for a mailstore, a client for a gateway alone.</summary>
internal static class ClusterHosts
{
    /// <summary>A host for either, with Sora's log and without a hand on the process's signals.</summary>
    public static HostApplicationBuilder Begin(ILoggerFactory loggers)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "sora" });
        builder.Services.Replace(ServiceDescriptor.Singleton(loggers));
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, Unsignalled>());
        return builder;
    }

    /// <summary>What silos have in common, wherever their membership is.</summary>
    public static ISiloBuilder Configure(ISiloBuilder silo, SoraCluster options) => silo
        .Configure<OrleansCluster>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, options.ServiceId))
        .Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = options.ProbeTimeout;
            membership.MinProbeTimeout = options.ProbeTimeout / 2;

            // A member that others still hear something of is not voted against for so long: a silent one must not hide behind that
            membership.MaxProbeTimeout = options.ProbeTimeout * 1.5;
            membership.NumMissedProbesLimit = options.MissedProbes;
            membership.NumVotesForDeathDeclaration = options.Votes;
            membership.TableRefreshTimeout = options.TableRefresh;
            membership.IAmAliveTablePublishTimeout = options.IAmAlive;
            membership.DefunctSiloExpiration = TimeSpan.FromDays(1);
            membership.DefunctSiloCleanupPeriod = TimeSpan.FromHours(1);
        })
        .Configure<SiloMessagingOptions>(messaging =>
        {
            messaging.ResponseTimeout = options.CallTimeout;
            messaging.MaxEnqueuedRequestsHardLimit = options.MaxWaitingCalls;
        })
        .Configure<ConnectionOptions>(connections => Configure(connections, options))
        .Configure<GrainCollectionOptions>(collection =>
        {
            collection.CollectionAge = options.CollectionAge;
            collection.CollectionQuantum = options.CollectionAge / 4 < TimeSpan.FromMinutes(1) ? options.CollectionAge / 4 : TimeSpan.FromMinutes(1);
            collection.EnableActivationSheddingOnMemoryPressure = true;
        })
        .ConfigureServices(static services => services.AddSingleton<IGrainService, MailstoreService>())
        .AddIncomingGrainCallFilter<ServedCalls>()
        .Rebalance(options);

    /// <summary>What clients have in common, wherever the list of mailstores is.</summary>
    public static IClientBuilder Configure(IClientBuilder client, SoraCluster options) => client
        .Configure<OrleansCluster>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, options.ServiceId))
        .Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = options.CallTimeout)
        .Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = options.GatewayListRefresh)
        .Configure<ConnectionOptions>(connections => Configure(connections, options));

    /// <summary>Membership in PostgreSQL, and sockets for the others.</summary>
    public static void Join(ISiloBuilder silo, SoraCluster options, NpgsqlDataSource members, ClusterTls? tls)
    {
        silo.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.DataSource) = ("Npgsql", members));
        silo.ConfigureEndpoints(AdvertisedAddress(options), options.SiloPort, options.GatewayPort, listenOnAnyHostAddress: false);
        if (options.RefusedIsDead)
        {
            silo.Configure<SiloConnectionOptions>(connections =>
            {
                connections.ConfigureSiloOutboundConnection(connection => RefusedConnections.Watch(connection, options.ProbeTimeout));
                connections.ConfigureSiloInboundConnection(connection => RefusedConnections.Watch(connection, options.ProbeTimeout));
            });
        }

        if (tls is not null)
            silo.UseTls(tls.Configure);
    }

    /// <summary>The list of mailstores from PostgreSQL. It goes on looking until there is one.</summary>
    public static void Join(IClientBuilder client, SoraCluster options, NpgsqlDataSource members, ClusterTls? tls)
    {
        client.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.DataSource) = ("Npgsql", members));
        client.UseConnectionRetryFilter(async (_, cancellationToken) =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
            return true;
        });
        if (tls is not null)
            client.UseTls(tls.Configure);
    }

    // Without it a mailstore that comes back stays empty for as long as clients are connected
    private static ISiloBuilder Rebalance(this ISiloBuilder silo, SoraCluster options)
    {
        if (options.RebalanceInterval == TimeSpan.Zero)
            return silo;
#pragma warning disable ORLEANSEXP002 // Experimental is its interface, which is not used here beyond this line
        return silo.AddActivationRebalancer().Configure<ActivationRebalancerOptions>(rebalancer =>
            (rebalancer.RebalancerDueTime, rebalancer.SessionCyclePeriod) = (options.RebalanceInterval, options.RebalanceInterval));
#pragma warning restore ORLEANSEXP002
    }

    private static void Configure(ConnectionOptions connections, SoraCluster options)
    {
        connections.OpenConnectionTimeout = options.ProbeTimeout * 2;
        connections.ConnectionRetryDelay = TimeSpan.FromMilliseconds(200);
    }

    private static IPAddress AdvertisedAddress(SoraCluster options) => options.AdvertisedAddress is { } text
        ? IPAddress.Parse(text)
        : Array.Find(Dns.GetHostAddresses(Dns.GetHostName()), static address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address))
            ?? IPAddress.Loopback;

    /// <summary>The program itself listens to signals and stops its parts in order.</summary>
    private sealed class Unsignalled : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
