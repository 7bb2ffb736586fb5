using System.Net;
using Sora.Contracts;

namespace Sora.Gateway.Connections;

/// <summary>What one connection counts for: as a connection of its client's address, and as a session of its user.</summary>
internal sealed class ClientCount(Listener listener)
{
    private IPAddress? _counted;
    private (AccountIdentity Identity, IPAddress From)? _user;

    /// <summary>Who is logged in, or null.</summary>
    public AccountIdentity? User { get; private set; }

    /// <summary>Counts the connection against the limit of its client's address; not null when there are too many.</summary>
    /// <param name="isLocal">The client is on this machine: it has the limits that were set, and not those that hold where none was.</param>
    public Dismissal? TryEnter(IPAddress address, bool isLocal)
    {
        Leave();
        var limits = listener.Definition.Limits;
        var limit = Limit(limits.MaxConnectionsPerIp, limits.StandardPerIp, address, isLocal);
        var refusal = listener.Shared.Registry.TryEnterFrom(listener.Definition.Protocol.Name, address, limit);
        if (refusal is null)
            _counted = address;
        else
            listener.Refuse(refusal, address);
        return refusal;
    }

    /// <summary>Takes back what <see cref="TryEnter"/> counted.</summary>
    public void Leave()
    {
        if (_counted is { } address)
            listener.Shared.Registry.LeaveFrom(listener.Definition.Protocol.Name, address);
        _counted = null;
    }

    /// <summary>Counts the session against the limits of its user; not null when there are too many.</summary>
    /// <param name="isLocal">As for <see cref="TryEnter"/>.</param>
    public Dismissal? TryLogIn(AccountIdentity identity, IPAddress address, bool isLocal)
    {
        LogOut();
        var options = listener.Shared.Options;
        var refusal = listener.Shared.Registry.TryLogIn(
            identity.Account, address,
            Limit(options.MaxConnectionsPerUser, ConnectionOptions.StandardPerUser, address, isLocal),
            Limit(options.MaxConnectionsPerUserPerIp, ConnectionOptions.StandardPerUserPerIp, address, isLocal));
        if (refusal is not null)
        {
            listener.Refuse(refusal, address);
            return refusal;
        }

        _user = (identity, address);
        User = identity;
        return null;
    }

    /// <summary>Takes back what <see cref="TryLogIn"/> counted; nothing when nobody is logged in.</summary>
    public void LogOut()
    {
        if (_user is { } user)
            listener.Shared.Registry.LogOut(user.Identity.Account, user.From);
        _user = null;
        User = null;
    }

    private int Limit(int? given, int standard, IPAddress address, bool isLocal) =>
        listener.Shared.Options.ExemptTrustedNetworks && listener.Shared.Trusted.Contains(address) ? 0 : given ?? (isLocal ? 0 : standard);
}
