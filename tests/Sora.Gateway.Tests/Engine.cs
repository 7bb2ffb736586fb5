using Sora.Contracts;
using Sora.Testing;

namespace Sora.Gateway.Tests;

/// <summary>
/// What is behind a fixture's protocols: the engine in this process. The same tests run a second time in Sora.Gateway.Cluster.Tests, with a class of this name whose mailboxes are in other nodes.
/// </summary>
internal sealed class Engine : IAsyncDisposable
{
    /// <summary>The mailboxes are in other nodes.</summary>
    public const bool IsCluster = false;

    private Engine(MailstoreNode node) => Node = node;

    /// <summary>The gateway's own engine.</summary>
    public MailstoreNode Node { get; }

    /// <summary>The mailboxes as protocols see them.</summary>
    public IMailboxes Mailboxes => Node.Mailboxes;

    /// <summary>The accounts as protocols see them.</summary>
    public IAccounts Accounts => Node.Accounts;

    /// <summary>The annotations as protocols see them.</summary>
    public IMetadata Metadata => Node.Metadata;

    /// <summary>Quotas as protocols see them.</summary>
    public IQuotas Quotas => Node.Quotas;

    public static async Task<Engine> StartAsync() => new(await MailstoreNode.StartAsync());

    /// <summary>Users who are known elsewhere, as protocols see them.</summary>
    public IAccounts Of(IAccounts users) => users;

    public ValueTask DisposeAsync() => Node.DisposeAsync();
}
