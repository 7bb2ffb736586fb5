using System.Net;
using System.Net.Sockets;

namespace Sora.Gateway.Connections;

/// <summary>What counts as one client.</summary>
internal static class ClientNetwork
{
    /// <summary>One client has a whole /64 of IPv6 to itself, so addresses in it count as one.</summary>
    public static IPAddress Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }
}
