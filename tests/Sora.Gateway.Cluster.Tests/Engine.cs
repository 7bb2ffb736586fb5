using Sora.Cluster.Tests;
using Sora.Contracts;
using Sora.Grains.Accounts;
using Sora.Testing;

namespace Sora.Gateway.Tests;

/// <summary>What is behind a fixture's protocols: a gateway whose mailboxes and accounts are on two silos, each with an engine of its own on the same database.</summary>
internal sealed class Engine : IAsyncDisposable
{
    /// <summary>The mailboxes are in other nodes.</summary>
    public const bool IsCluster = true;

    private readonly TestCluster _cluster;
    private readonly TestGateway _gateway;
    private readonly bool _isOwner;

    private Engine(TestCluster cluster, TestGateway gateway, bool isOwner)
    {
        _cluster = cluster;
        _gateway = gateway;
        _isOwner = isOwner;
    }

    /// <summary>The gateway's own engine, which has no mailboxes.</summary>
    public MailstoreNode Node => _gateway.Node;

    /// <summary>The mailboxes as protocols see them.</summary>
    public IMailboxes Mailboxes => _gateway.Mailboxes;

    /// <summary>The accounts as protocols see them.</summary>
    public IAccounts Accounts => _gateway.Accounts;

    /// <summary>The annotations as protocols see them.</summary>
    public IMetadata Metadata => _gateway.Metadata;

    /// <summary>Quotas as protocols see them.</summary>
    public IQuotas Quotas => _gateway.Quotas;

    public static async Task<Engine> StartAsync()
    {
        var cluster = await TestCluster.StartAsync(2);
        return new Engine(cluster, cluster.Left, isOwner: true);
    }

    /// <summary>Another gateway of the same cluster, which ends with it.</summary>
    public Engine Beside() => new(_cluster, _cluster.Right, isOwner: false);

    /// <summary>Users who are known elsewhere, as protocols see them.</summary>
    public IAccounts Of(IAccounts users) => new ClusterAccounts(users, () => _gateway.Cluster);

    public ValueTask DisposeAsync() => _isOwner ? _cluster.DisposeAsync() : default;
}
