using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Sora.Gateway.Connections;

/// <summary>
/// Notation of listen options: <c>127.0.0.1:24</c>, <c>[::1]:24</c>, <c>*:24</c> (all IPv4 and IPv6 addresses), <c>localhost:24</c>.
/// </summary>
public static class ListenAddress
{
    /// <summary>Reads the notation; false when it is something else. The port is required.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out IPEndPoint? endPoint)
    {
        endPoint = null;
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            return false;
        var host = text.AsSpan(0, colon);
        if (host is "*")
            endPoint = new IPEndPoint(IPAddress.IPv6Any, port);
        else if (host is "localhost")
            endPoint = new IPEndPoint(IPAddress.Loopback, port);
        else if (host[0] == '[' && host[^1] == ']' && IPAddress.TryParse(host[1..^1], out var v6))
            endPoint = new IPEndPoint(v6, port);
        else if (!host.Contains(':') && IPAddress.TryParse(host, out var v4))
            endPoint = new IPEndPoint(v4, port);
        return endPoint is not null;
    }

    /// <summary>Reads the notation.</summary>
    /// <exception cref="FormatException">The text is not an address with a port.</exception>
    public static IPEndPoint Parse(string text) =>
        TryParse(text, out var endPoint)
            ? endPoint
            : throw new FormatException($"'{text}' is not an address with a port such as \"127.0.0.1:24\" or \"*:24\"");
}
