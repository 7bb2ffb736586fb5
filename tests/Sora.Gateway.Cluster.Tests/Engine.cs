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

    private Engine(TestCluster cluster) => _cluster = cluster;

    /// <summary>The gateway's own engine, which has no mailboxes.</summary>
    public MailstoreNode Node => _cluster.Left.Node;

    /// <summary>The mailboxes as protocols see them.</summary>
    public IMailboxes Mailboxes => _cluster.Left.Mailboxes;

    /// <summary>The accounts as protocols see them.</summary>
    public IAccounts Accounts => _cluster.Left.Accounts;

    /// <summary>The annotations as protocols see them.</summary>
    public IMetadata Metadata => _cluster.Left.Metadata;

    /// <summary>Quotas as protocols see them.</summary>
    public IQuotas Quotas => _cluster.Left.Quotas;

    public static async Task<Engine> StartAsync() => new(await TestCluster.StartAsync(2));

    /// <summary>Users who are known elsewhere, as protocols see them.</summary>
    public IAccounts Of(IAccounts users) => new ClusterAccounts(users, () => _cluster.Left.Cluster);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();
}
