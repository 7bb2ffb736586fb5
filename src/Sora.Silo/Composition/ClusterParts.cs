using Sora.Silo.Configuration;
#if ORLEANS
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;
using Sora.Grains.Hosting;
using Sora.Mailstore.Delivery;
using Sora.Mailstore.Storage;
#endif

namespace Sora.Silo.Composition;

/// <summary>This node's place in the cluster. Without one, the mailboxes are those of this process.</summary>
internal static class ClusterParts
{
#if ORLEANS
    /// <summary>Joins the cluster and gives the node's protocols its mailboxes; nothing when [cluster] is not enabled.</summary>
    /// <exception cref="StartException">A file cannot be read, or a port not be listened on.</exception>
    public static async Task<MailstoreParts> JoinAsync(
        SoraOptions options, Database database, MailstoreParts mailstore, Parts parts, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!options.Cluster.Enabled)
            return mailstore;
        var engine = new ClusterEngine(database, mailstore.Feed, mailstore.Mailboxes, mailstore.Accounts, loggers, time);
        var node = parts.Add("The cluster", await StartAsync(options, engine, cancellationToken));
        var users = node.Accounts(mailstore.Users);
        return mailstore with
        {
            Users = users,
            Writers = node.Mailboxes,
            Delivery = new MessageDelivery(users, node.Mailboxes, options.Delivery, time),
        };
    }

    private static async Task<ClusterNode> StartAsync(SoraOptions options, ClusterEngine engine, CancellationToken cancellationToken)
    {
        try
        {
            return await ClusterNode.StartAsync(options.Cluster, options.Node.IsMailstore, options.Node.EffectiveName, engine, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new StartException($"cluster.tls: {e.Message}", e);
        }
        catch (Exception e) when (e is AddressInUseException or SocketException || e.GetBaseException() is SocketException)
        {
            var address = options.Cluster.AdvertisedAddress ?? "cluster.advertised_address";
            throw new StartException(
                $"cannot listen on {address} port {options.Cluster.SiloPort} (cluster.silo_port) or {options.Cluster.GatewayPort} (cluster.gateway_port): {e.GetBaseException().Message}", e);
        }
    }
#else
    /// <summary>Nothing: a configuration with a cluster is refused before.</summary>
    public static Task<MailstoreParts> JoinAsync(
        SoraOptions options, Mailstore.Storage.Database database, MailstoreParts mailstore, Parts parts, ILoggerFactory loggers, TimeProvider time,
        CancellationToken cancellationToken) => Task.FromResult(mailstore);
#endif
}
