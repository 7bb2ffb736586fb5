using System.Net;

namespace Sora.Gateway.Connections;

/// <summary>Networks in the notation of options, such as <c>10.0.0.0/8</c> or <c>2001:db8::/32</c>.</summary>
public sealed class NetworkSet
{
    private readonly IPNetwork[] _networks;

    /// <exception cref="FormatException">One is no network.</exception>
    public NetworkSet(IEnumerable<string> networks) => _networks = [.. networks.Select(static text => IPNetwork.Parse(text))];

    /// <summary>What is wrong with an option's value, a line for each.</summary>
    public static IEnumerable<string> Check(string key, IEnumerable<string> networks)
    {
        foreach (var network in networks)
        {
            if (!IPNetwork.TryParse(network, out _))
                yield return $"{key} has \"{network}\", which is not a network such as \"10.0.0.0/8\"";
        }
    }

    /// <summary>The address lies in one of them; IPv4 mapped into IPv6 is IPv4.</summary>
    public bool Contains(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        foreach (var network in _networks)
        {
            if (network.Contains(address))
                return true;
        }

        return false;
    }
}
