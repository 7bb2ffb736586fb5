using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Hosting;
using Orleans.Runtime;
using Sora.Contracts;
using ClusterOptions = Sora.Grains.Configuration.ClusterOptions;

namespace Sora.Grains.Hosting;

/// <summary>This process as a member of the cluster, or as a client of it.</summary>
public sealed class ClusterNode : IAsyncDisposable
{
    private readonly ClusterMetrics _metrics = new();
    private readonly ClusterEngine _engine;
    private readonly ILogger _logger;
    private NpgsqlDataSource? _members;
    private ClusterTls? _tls;
    private IHost? _host;
    private ClusterGateway? _gateway;

    private ClusterNode(ClusterEngine engine)
    {
        _engine = engine;
        _logger = engine.Loggers.CreateLogger<ClusterNode>();
    }

    /// <summary>The mailboxes of the cluster.</summary>
    public IMailboxes Mailboxes => _gateway!.Mailboxes;

    /// <summary>Accounts whose changes go to their nodes.</summary>
    /// <param name="users">Who knows the accounts in this process.</param>
    public IAccounts Accounts(IAccounts users) => _gateway!.Accounts(users);

    /// <summary>Joins. A mailstore hosts mailboxes from now on; a gateway waits until a mailstore can be reached.</summary>
    /// <param name="options">[cluster]</param>
    /// <param name="isMailstore">Whether this node hosts mailboxes.</param>
    /// <param name="name">The node's name.</param>
    /// <param name="engine">What it gives to the cluster.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<ClusterNode> StartAsync(ClusterOptions options, bool isMailstore, string name, ClusterEngine engine, CancellationToken cancellationToken)
    {
        var node = new ClusterNode(engine);
        try
        {
            await node.RunAsync(options, isMailstore, name, cancellationToken);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
            await _gateway.DisposeAsync();
        if (_host is not null)
        {
            await _host.StopAsync(CancellationToken.None);
            await ((IAsyncDisposable)_host).DisposeAsync();
        }

        if (_members is not null)
            await _members.DisposeAsync();
        _tls?.Dispose();
        _metrics.Dispose();
    }

    private async Task RunAsync(ClusterOptions options, bool isMailstore, string name, CancellationToken cancellationToken)
    {
        _members = _engine.Database.CreateMemberPool(options.ConnectionString, options.Schema, options.MaxConnections, _engine.Loggers);
        _tls = options.Tls.Enabled ? new ClusterTls(options.Tls) : null;
        var builder = ClusterHosts.Begin(_engine.Loggers);
        builder.Services.AddCluster(options, _metrics);
        if (isMailstore)
        {
            builder.Services.AddEngine(_engine, options);
            builder.UseOrleans(silo =>
            {
                ClusterHosts.Configure(silo, options);
                silo.Configure<Orleans.Configuration.SiloOptions>(named => named.SiloName = name);
                ClusterHosts.Join(silo, options, _members, _tls);
            });
        }
        else
        {
            builder.UseOrleansClient(client =>
            {
                ClusterHosts.Configure(client, options);
                ClusterHosts.Join(client, options, _members, _tls);
                client.AddGatewayCountChangedHandler((_, change) => OnGatewaysChanged(change.NumberOfConnectedGateways, change.PreviousNumberOfConnectedGateways));
            });
        }

        _host = builder.Build();
        await _host.StartAsync(cancellationToken);
        _gateway = new ClusterGateway(_host.Services.GetRequiredService<IGrainFactory>(), _engine, options, _metrics);
        _engine.Accounts.Writers = _gateway.Mailboxes;
        if (isMailstore)
            _host.Services.GetRequiredService<ISiloStatusOracle>().SubscribeToSiloStatusEvents(new MemberListener(this));
    }

    private void OnGatewaysChanged(int now, int before)
    {
        Log.Gateways(_logger, now);
        if (now < before)
            _gateway?.NodeLost();
    }

    private sealed class MemberListener(ClusterNode node) : ISiloStatusListener
    {
        public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
        {
            Log.MemberChanged(node._logger, updatedSilo.ToString(), status.ToString());
            if (status is SiloStatus.Dead or SiloStatus.ShuttingDown or SiloStatus.Stopping)
                node._gateway?.NodeLost();
        }
    }
}
