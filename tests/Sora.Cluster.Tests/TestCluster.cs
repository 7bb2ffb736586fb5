using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Hosting;
using Orleans.TestingHost;
using Sora.Contracts;
using Sora.Grains;
using Sora.Grains.Accounts;
using Sora.Grains.Configuration;
using Sora.Grains.Hosting;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage.Embedded;
using Sora.Testing;

namespace Sora.Cluster.Tests;

/// <summary>
/// Silos in this process, each with an engine of its own, and two gateways with theirs: <see cref="Left"/> is a client of the silos, <see cref="Right"/> is in the first of them.
/// All are on one database.
/// </summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly List<MailstoreNode> _nodes = [];
    private readonly List<ClusterGateway> _gateways = [];
    private readonly ClusterOptions _options;
    private InProcessTestCluster _silos = null!;

    private TestCluster(PostgresAddress address, ClusterOptions options)
    {
        Address = address;
        _options = options;
    }

    public PostgresAddress Address { get; }

    /// <summary>Of all silos and gateways.</summary>
    public ClusterMetrics Metrics { get; } = new();

    public TestGateway Left { get; private set; } = null!;

    public TestGateway Right { get; private set; } = null!;

    public IReadOnlyList<InProcessSiloHandle> Silos => _silos.Silos;

    public static async Task<TestCluster> StartAsync(int silos, Action<ClusterOptions>? change = null)
    {
        var options = new ClusterOptions { AttemptTimeout = TimeSpan.FromSeconds(1), CallTimeout = TimeSpan.FromSeconds(60), TableRefresh = TimeSpan.FromSeconds(1) };
        change?.Invoke(options);
        var cluster = new TestCluster(await PostgresFixture.CreateAddressAsync(), options);
        try
        {
            await cluster.DeployAsync(silos);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>An account that both gateways know, and its INBOX.</summary>
    public async Task<(AccountId Account, MailboxId Inbox)> CreateAccountAsync(string address = "user@example.com")
    {
        var account = await _nodes[0].CreateAccountAsync(address);
        return (account.Id, await MailstoreNode.IdAsync(account, "INBOX"));
    }

    /// <summary>The silo ends without a word to the others.</summary>
    public Task KillAsync(InProcessSiloHandle silo) => _silos.KillSiloAsync(silo);

    /// <summary>The silo leaves in an orderly way.</summary>
    public Task StopAsync(InProcessSiloHandle silo) => _silos.StopSiloAsync(silo);

    public Task AddSiloAsync() => _silos.StartAdditionalSiloAsync();

    /// <summary>The mailbox leaves the silo that it is on.</summary>
    public Task DeactivateAsync(MailboxId mailbox) =>
        _silos.DeactivateAsync(_silos.Client.GetGrain<Grains.Mailboxes.IMailboxGrain>(mailbox.Value));

    /// <summary>How many mailboxes each silo hosts.</summary>
    public async Task<IReadOnlyList<int>> CountMailboxesAsync()
    {
        var hosted = await _silos.Client.GetGrain<Orleans.Runtime.IManagementGrain>(0).GetSimpleGrainStatistics();
        return [.. Silos.Select(silo => hosted.Where(grain => grain.SiloAddress.Equals(silo.SiloAddress) && grain.GrainType.Contains(nameof(Grains.Mailboxes.MailboxGrain), StringComparison.Ordinal))
            .Sum(static grain => grain.ActivationCount))];
    }

    /// <summary>An engine that has never seen the cluster.</summary>
    public Task<MailstoreNode> StartNodeAsync() => MailstoreNode.StartAsync(Address);

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in _gateways)
            await gateway.DisposeAsync();
        if (_silos is not null)
            await _silos.DisposeAsync();
        foreach (var node in _nodes)
            await node.DisposeAsync();
        Metrics.Dispose();
    }

    private async Task DeployAsync(int silos)
    {
        var builder = new InProcessTestClusterBuilder((short)silos);
        builder.Options.ConfigureFileLogging = false;
        (_options.ClusterId, _options.ServiceId) = (builder.Options.ClusterId, builder.Options.ServiceId);
        builder.ConfigureSilo((_, silo) =>
        {
            // Silos are started one after the other
            var node = StartNodeAsync(_options).GetAwaiter().GetResult();
            ClusterHosts.Configure(silo, _options);
            silo.Services.AddCluster(_options, Metrics).AddEngine(Engine(node), _options);
        });
        builder.ConfigureClient(client =>
        {
            ClusterHosts.Configure(client, _options);
            client.Services.AddCluster(_options, Metrics);
        });
        _silos = builder.Build();
        await _silos.DeployAsync();
        foreach (var silo in _silos.Silos)
        {
            // What an account's node has to change in a mailbox, it asks the mailbox's node for
            var mailboxes = silo.ServiceProvider.GetRequiredService<MailboxHost>();
            var node = _nodes.Single(node => ReferenceEquals(node.Mailboxes, mailboxes));
            node.Accounts.Writers = AddGateway(silo.ServiceProvider.GetRequiredService<IGrainFactory>(), isMailstore: true, node).Mailboxes;
        }

        Left = await AddGatewayAsync(_silos.Client, isMailstore: false);
        Right = await AddGatewayAsync(_silos.Silos[0].ServiceProvider.GetRequiredService<IGrainFactory>(), isMailstore: true);
    }

    private async Task<TestGateway> AddGatewayAsync(IGrainFactory grains, bool isMailstore)
    {
        var node = await StartNodeAsync(null);
        var gateway = AddGateway(grains, isMailstore, node);
        node.Accounts.Writers = gateway.Mailboxes;
        return new TestGateway(node, gateway);
    }

    private ClusterGateway AddGateway(IGrainFactory grains, bool isMailstore, MailstoreNode node)
    {
        var gateway = new ClusterGateway(grains, isMailstore, Engine(node), _options, Metrics);
        _gateways.Add(gateway);
        return gateway;
    }

    private async Task<MailstoreNode> StartNodeAsync(ClusterOptions? options)
    {
        var node = await MailstoreNode.StartAsync(Address, maxSilence: options?.MaxSilence, confirmsSelect: true);
        lock (_nodes)
            _nodes.Add(node);
        return node;
    }

    private static ClusterEngine Engine(MailstoreNode node) =>
        new(node.Database, node.Feed, node.Mailboxes, node.Accounts, NullLoggerFactory.Instance, TimeProvider.System);
}

/// <summary>What a gateway's protocols see.</summary>
/// <param name="Node">Its own engine, which has no mailboxes.</param>
/// <param name="Cluster">Its way to the mailboxes.</param>
internal sealed record TestGateway(MailstoreNode Node, ClusterGateway Cluster)
{
    public IMailboxes Mailboxes => Cluster.Mailboxes;

    public IAccounts Accounts { get; } = new ClusterAccounts(Node.Accounts, () => Cluster);

    public IQuotas Quotas { get; } = new ClusterQuotas(Node.Quotas, () => Cluster);

    public IMetadata Metadata { get; } = new ClusterMetadata(Node.Metadata, () => Cluster);
}
