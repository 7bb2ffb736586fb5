using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Hosting;
using Orleans.Runtime;
using Sora.Contracts;
using Sora.Grains.Accounts;
using Sora.Grains.Mailboxes;
using Sora.Mailstore.Storage;
using ClusterOptions = Sora.Grains.Configuration.ClusterOptions;

namespace Sora.Grains.Hosting;

/// <summary>
/// This process as a member of the cluster, or as a client of it. It can leave and come back; while it is away, what still happens in it happens on the database alone, as on nodes without a
/// cluster.
/// </summary>
public sealed class ClusterNode : IMailboxes, IAsyncDisposable
{
    private readonly ClusterMetrics _metrics = new();
    private readonly ClusterEngine _engine;
    private readonly ClusterOptions _options;
    private readonly bool _isMailstore;
    private readonly string _name;
    private readonly ILogger _logger;
    private readonly NpgsqlDataSource _members;
    private readonly ClusterTls? _tls;
    private readonly IClusterAddition? _addition;
    private IHost? _host;
    private ClusterGateway? _gateway;

    private ClusterNode(ClusterOptions options, bool isMailstore, string name, ClusterEngine engine, IClusterAddition? addition)
    {
        _addition = addition;
        _engine = engine;
        _options = options;
        _isMailstore = isMailstore;
        _name = name;
        _logger = engine.Loggers.CreateLogger<ClusterNode>();
        _tls = options.Tls.Enabled ? new ClusterTls(options.Tls) : null;
        _members = engine.Database.CreateMemberPool(options.ConnectionString, options.Schema, options.MaxConnections, engine.Loggers);
    }

    /// <summary>It is a member or a client at this moment.</summary>
    public bool IsIn => Volatile.Read(ref _gateway) is not null;

    private IMailboxes Current => Volatile.Read(ref _gateway)?.Mailboxes ?? _engine.Mailboxes;

    /// <summary>Joins. A mailstore hosts mailboxes from now on; a gateway waits until a mailstore can be reached.</summary>
    /// <param name="options">[cluster]</param>
    /// <param name="isMailstore">Whether this node hosts mailboxes.</param>
    /// <param name="name">The node's name.</param>
    /// <param name="engine">What it gives to the cluster.</param>
    /// <param name="addition">What it has besides; null for nothing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<ClusterNode> StartAsync(
        ClusterOptions options, bool isMailstore, string name, ClusterEngine engine, IClusterAddition? addition, CancellationToken cancellationToken)
    {
        var node = new ClusterNode(options, isMailstore, name, engine, addition);
        try
        {
            await node.JoinAsync(cancellationToken);
            engine.Accounts.Writers = node;
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool HearsLate => Current.HearsLate;

    /// <inheritdoc/>
    public IMailbox Get(MailboxId id) => Current.Get(id);

    /// <inheritdoc/>
    public Task<MailResult<ImmutableArray<AppendResult>>> AppendAllAsync(IReadOnlyList<MailboxAppend> appends, CancellationToken cancellationToken) =>
        Current.AppendAllAsync(appends, cancellationToken);

    /// <inheritdoc/>
    public IDisposable Subscribe(MailboxId id, IMailboxSubscriber subscriber) => Current.Subscribe(id, subscriber);

    /// <summary>Accounts whose changes go to their nodes.</summary>
    /// <param name="users">Who knows the accounts in this process.</param>
    public IAccounts Accounts(IAccounts users) => new ClusterAccounts(users, () => Volatile.Read(ref _gateway));

    /// <summary>Annotations, of whose changes the mailboxes' nodes know at once.</summary>
    /// <param name="inner">Writes them.</param>
    public IMetadata Metadata(IMetadata inner) => new ClusterMetadata(inner, () => Volatile.Read(ref _gateway));

    /// <summary>Quotas, of whose changes all mailstores know at once.</summary>
    /// <param name="inner">Reads and writes them.</param>
    public IQuotas Quotas(IQuotas inner) => new ClusterQuotas(inner, () => Volatile.Read(ref _gateway));

    /// <summary>The mailstores of the cluster.</summary>
    public Task<IReadOnlyList<MailstoreMember>> MembersAsync(CancellationToken cancellationToken) =>
        MemberStore.ReadAsync(_members, _options.ClusterId, withDead: false, cancellationToken);

    /// <summary>Which mailstore hosts a mailbox now, as address and port; null when none does, or it cannot be asked.</summary>
    public async Task<(string Address, int Port)?> WhereAsync(MailboxId id, CancellationToken cancellationToken)
    {
        if (_host?.Services.GetService<IGrainFactory>() is not { } grains)
            return null;
        var found = await grains.GetGrain<IManagementGrain>(0).GetActivationAddress(grains.GetGrain<IMailboxGrain>(id.Value), cancellationToken)
            .AsTask().WaitAsync(_options.CallTimeout, cancellationToken);
        return found is null ? null : (found.Endpoint.Address.ToString(), found.Endpoint.Port);
    }

    /// <summary>Joins again after <see cref="LeaveAsync"/>.</summary>
    public async Task JoinAsync(CancellationToken cancellationToken)
    {
        if (_host is not null)
            return;
        var host = _isMailstore ? BuildMailstore() : BuildGateway();
        _host = host;
        Acquaintances.PrepareCodecs(host.Services);
        await host.StartAsync(cancellationToken);
        Volatile.Write(ref _gateway, new ClusterGateway(host.Services.GetRequiredService<IGrainFactory>(), _isMailstore, _engine, _options, _metrics));
        if (_isMailstore)
            host.Services.GetRequiredService<ISiloStatusOracle>().SubscribeToSiloStatusEvents(new MemberListener(this));
        _addition?.Joined(host.Services);
        _ = GreetAsync();
    }

    /// <summary>Leaves in an orderly way: calls under way are answered, mailboxes move to the others.</summary>
    public async Task LeaveAsync()
    {
        _addition?.Left();
        if (Interlocked.Exchange(ref _gateway, null) is { } gateway)
            await gateway.DisposeAsync();
        if (Interlocked.Exchange(ref _host, null) is not { } host)
            return;
        try
        {
            await host.StopAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Log.LeaveFailed(_logger, e); // the others find out
        }

        await ((IAsyncDisposable)host).DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        await _members.DisposeAsync();
        _tls?.Dispose();
        _metrics.Dispose();
    }

    private IHost BuildMailstore()
    {
        var builder = ClusterHosts.Begin(_engine.Loggers);
        builder.Services.AddCluster(_options, _metrics).AddEngine(_engine, _options);
        builder.UseOrleans(silo =>
        {
            ClusterHosts.Configure(silo, _options);
            silo.Configure<Orleans.Configuration.SiloOptions>(named => named.SiloName = _name);
            ClusterHosts.Join(silo, _options, _members, _tls);
            if (_engine.IsTraced)
                silo.AddActivityPropagation();
            _addition?.Add(silo);
        });
        return builder.Build();
    }

    private IHost BuildGateway()
    {
        var builder = ClusterHosts.Begin(_engine.Loggers);
        builder.Services.AddCluster(_options, _metrics);
        builder.UseOrleansClient(client =>
        {
            ClusterHosts.Configure(client, _options);
            ClusterHosts.Join(client, _options, _members, _tls);
            if (_engine.IsTraced)
                client.AddActivityPropagation();
            _addition?.Add(client);
            client.AddGatewayCountChangedHandler((_, change) => OnGatewaysChanged(change.NumberOfConnectedGateways, change.PreviousNumberOfConnectedGateways));
        });
        return builder.Build();
    }

    private void OnGatewaysChanged(int now, int before)
    {
        Log.Gateways(_logger, now);
        if (now < before)
            Volatile.Read(ref _gateway)?.NodeLost();
        else
            _ = GreetAsync();
    }

    // Who has just come has not run anything yet
    private async Task GreetAsync()
    {
        if (Volatile.Read(ref _gateway) is not { } gateway)
            return;
        try
        {
            await gateway.GreetAsync(await MembersAsync(CancellationToken.None));
        }
        catch (Exception e) when (e is NpgsqlException or ObjectDisposedException or TimeoutException)
        {
            Log.NotGreeted(_logger, e.Message);
        }
    }

    private sealed class MemberListener(ClusterNode node) : ISiloStatusListener
    {
        public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
        {
            Log.MemberChanged(node._logger, updatedSilo.ToString(), status.ToString());
            if (status is SiloStatus.Dead or SiloStatus.ShuttingDown or SiloStatus.Stopping)
                Volatile.Read(ref node._gateway)?.NodeLost();
            else if (status is SiloStatus.Active)
                _ = node.GreetAsync();
        }
    }
}
