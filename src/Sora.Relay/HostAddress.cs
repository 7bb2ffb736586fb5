using System.Globalization;
using System.Net;

namespace Sora.Relay;

/// <summary>A host to send to.</summary>
internal readonly record struct HostAddress(string Name, int Port)
{
    /// <summary>Reads <c>name</c>, <c>name:port</c>, <c>IPv4</c>, <c>[IPv6]</c> or <c>[IPv6]:port</c>.</summary>
    public static bool TryParse(string text, RelayOptions options, out HostAddress host)
    {
        // RFC 5321 section 4.5.4.2, RFC 8314 section 7.3, RFC 2033 section 5: LMTP has no port of its own and must not use 25
        var port = options.Protocol == RelayProtocol.Lmtp ? 24 : options.Tls == RelayTls.Implicit ? 465 : 25;
        host = default;
        var name = text;
        var colon = text.LastIndexOf(':');
        if (colon > text.LastIndexOf(']'))
        {
            if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is 0 or > 65535)
                return false;
            name = text[..colon];
        }

        var isLiteral = name is ['[', .., ']'];
        name = isLiteral ? name[1..^1] : name;
        host = new HostAddress(name, port);
        return isLiteral ? IPAddress.TryParse(name, out _) : Uri.CheckHostName(name) is UriHostNameType.Dns or UriHostNameType.IPv4;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name}:{Port}");
}
