using System.Net;
using Sora.Contracts;

namespace Sora.Gateway.Connections;

/// <summary>The gateway's connections, for administrators.</summary>
public sealed class GatewaySessions(GatewayListeners listeners) : ISessions
{
    /// <inheritdoc/>
    public IReadOnlyList<SessionInfo> List(SessionFilter filter) => [.. Select(filter).Select(Describe)];

    /// <inheritdoc/>
    public IReadOnlyList<SessionInfo> End(SessionFilter filter)
    {
        var ended = new List<SessionInfo>();
        foreach (var connection in Select(filter))
        {
            ended.Add(Describe(connection));
            connection.Kick();
        }

        return ended;
    }

    private IEnumerable<ClientConnection> Select(SessionFilter filter)
    {
        IPNetwork? network = filter.Network is null ? null : Parse(filter.Network);
        return listeners.Connections.Where(connection =>
            (filter.Id is null || connection.Id == filter.Id)
            && (filter.Except is null || connection.Id != filter.Except)
            && (filter.Account is not { } account || connection.User?.Account == account)
            && (filter.Domain is not { } domain || connection.User?.PrimaryAddress.EndsWith("@" + domain, StringComparison.OrdinalIgnoreCase) == true)
            && (network is not { } within || within.Contains(connection.Remote.Address))
            && (filter.Protocol is null || connection.Protocol == filter.Protocol));
    }

    private static IPNetwork Parse(string network) => IPAddress.TryParse(network, out var address)
        ? new IPNetwork(address, address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? 128 : 32)
        : IPNetwork.Parse(network);

    private static SessionInfo Describe(ClientConnection connection)
    {
        var (user, traffic) = (connection.User, connection.Traffic);
        return new SessionInfo(
            connection.Id, connection.Protocol, connection.Remote.ToString(), connection.Peer.Equals(connection.Remote) ? null : connection.Peer.ToString(),
            connection.Local.ToString(), user?.PrimaryAddress, user?.Account,
            connection.IsTls ? connection.TlsDescription : connection.IsTlsAtProxy ? "at the proxy" : "", connection.Started, connection.Silence,
            connection.Activity, traffic.Received, traffic.Sent, connection.Session);
    }
}
