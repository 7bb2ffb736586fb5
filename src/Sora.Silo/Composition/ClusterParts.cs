using Sora.Contracts;
using Sora.Mailstore.Storage;
using Sora.Silo.Configuration;
using Sora.Silo.Http;
#if ORLEANS
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;
using Sora.Grains.Hosting;
using Sora.Mailstore.Delivery;
#endif

namespace Sora.Silo.Composition;

/// <summary>This node's place in the cluster. Without one, the mailboxes are those of this process.</summary>
internal sealed class ClusterParts
{
#if ORLEANS
    private readonly ClusterNode _node;

    private ClusterParts(ClusterNode node) => _node = node;

    public bool IsIn => _node.IsIn;

    /// <summary>Joins the cluster and gives the node's protocols its mailboxes; null when [cluster] is not enabled.</summary>
    /// <exception cref="StartException">A file cannot be read, or a port not be listened on.</exception>
    public static async Task<(MailstoreParts Mailstore, ClusterParts? Cluster)> JoinAsync(
        SoraOptions options, Database database, MailstoreParts mailstore, Dashboard? dashboard, Parts parts, ILoggerFactory loggers, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (!options.Cluster.Enabled)
            return (mailstore, null);
        var engine = new ClusterEngine(database, mailstore.Feed, mailstore.Mailboxes, mailstore.Accounts, loggers, time, IsTraced: options.Tracing.OtlpEndpoint is not null);
        var node = parts.Add("The cluster", await StartAsync(options, engine, dashboard, cancellationToken));
        var users = node.Accounts(mailstore.Users);
        var clustered = mailstore with { Users = users, Writers = node, Metadata = node.Metadata(mailstore.Metadata), Quotas = node.Quotas(mailstore.Quotas), Delivery = new MessageDelivery(users, node, options.Delivery, time) };
        return (clustered, new ClusterParts(node));
    }

    /// <summary>The mailstores of the cluster.</summary>
    public Task<IReadOnlyList<MailstoreMember>> MembersAsync(CancellationToken cancellationToken) => _node.MembersAsync(cancellationToken);

    /// <summary>Which mailstore hosts a mailbox now, as address and port; null when none does.</summary>
    public Task<(string Address, int Port)?> WhereAsync(MailboxId id, CancellationToken cancellationToken) => _node.WhereAsync(id, cancellationToken);

    public Task LeaveAsync() => _node.LeaveAsync();

    public Task RejoinAsync(CancellationToken cancellationToken) => _node.JoinAsync(cancellationToken);

    private static async Task<ClusterNode> StartAsync(SoraOptions options, ClusterEngine engine, Dashboard? dashboard, CancellationToken cancellationToken)
    {
        try
        {
            return await ClusterNode.StartAsync(options.Cluster, options.Node.IsMailstore, options.Node.EffectiveName, engine, dashboard, cancellationToken);
        }
        catch (Exception e) when (e is AddressInUseException or SocketException || e.GetBaseException() is SocketException)
        {
            var address = options.Cluster.AdvertisedAddress ?? "cluster.advertised_address";
            throw new StartException(
                $"cannot listen on {address} port {options.Cluster.SiloPort} (cluster.silo_port) or {options.Cluster.GatewayPort} (cluster.gateway_port): {e.GetBaseException().Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new StartException($"cluster.tls: {e.Message}", e);
        }
    }
#else
#pragma warning disable CA1822 // There is never an instance
    private ClusterParts()
    {
    }

    public bool IsIn => false;

    /// <summary>Nothing: a configuration with a cluster is refused before.</summary>
    public static Task<(MailstoreParts Mailstore, ClusterParts? Cluster)> JoinAsync(
        SoraOptions options, Database database, MailstoreParts mailstore, Dashboard? dashboard, Parts parts, ILoggerFactory loggers, TimeProvider time,
        CancellationToken cancellationToken) => Task.FromResult<(MailstoreParts, ClusterParts?)>((mailstore, null));

    public Task<IReadOnlyList<MailstoreMember>> MembersAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<MailstoreMember>>([]);

    public Task<(string Address, int Port)?> WhereAsync(MailboxId id, CancellationToken cancellationToken) => Task.FromResult<(string, int)?>(null);

    public Task LeaveAsync() => Task.CompletedTask;

    public Task RejoinAsync(CancellationToken cancellationToken) => Task.CompletedTask;
#pragma warning restore CA1822
#endif
}
