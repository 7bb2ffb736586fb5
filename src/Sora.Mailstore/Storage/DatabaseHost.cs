using System.Globalization;
using System.Net;

namespace Sora.Mailstore.Storage;

/// <summary>One host of PostgreSQL: a name or address with a port, or the folder of a Unix socket.</summary>
internal readonly record struct DatabaseHost(string Host, int Port)
{
    /// <summary>Reads <c>name</c>, <c>name:port</c>, <c>[IPv6]</c>, <c>[IPv6]:port</c>, a bare IPv6 address, or <c>/folder</c>.</summary>
    public static bool TryParse(string text, int defaultPort, out DatabaseHost host)
    {
        host = default;

        // Npgsql splits its list of hosts at commas before anything else, so none of them can have one
        if (string.IsNullOrWhiteSpace(text) || text.AsSpan().ContainsAny(", \t\r\n"))
            return false;
        if (text[0] == '/' || (text[0] != '[' && IPAddress.TryParse(text, out _)))
        {
            host = new(text, defaultPort);

            // A colon in a folder would be taken for the one before a port
            return text[0] != '/' || !text.Contains(':', StringComparison.Ordinal);
        }

        var colon = text.LastIndexOf(':');
        if (colon < 0 || text[^1] == ']')
            return TryName(text, defaultPort, out host);
        return int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and <= 65535 && TryName(text[..colon], port, out host);
    }

    /// <summary>The form of Npgsql's list of hosts.</summary>
    public override string ToString() =>
        Host.Contains(':', StringComparison.Ordinal)
            ? string.Create(CultureInfo.InvariantCulture, $"[{Host}]:{Port}")
            : string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");

    private static bool TryName(string name, int port, out DatabaseHost host)
    {
        var bare = name is ['[', .., ']'] ? name[1..^1] : name;
        host = new(bare, port);
        return bare.Length == name.Length
            ? Uri.CheckHostName(name) is UriHostNameType.Dns or UriHostNameType.IPv4
            : IPAddress.TryParse(bare, out _);
    }
}
