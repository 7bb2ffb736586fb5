using System.Globalization;
using System.Net;

namespace Sora.Gateway.Connections.Proxying;

/// <summary>Values in which proxies name their clients, in XCLIENT and in ID.</summary>
internal static class ForwardedText
{
    /// <summary>An IPv4 address of four numbers, or an IPv6 address without zone, brackets or port.</summary>
    public static IPAddress? Address(string text)
    {
        var isV6 = text.Contains(':', StringComparison.Ordinal);
        if (text.Length > 45 || text.AsSpan().ContainsAnyExcept(isV6 ? "0123456789abcdefABCDEF:." : "0123456789."))
            return null;
        return (isV6 || text.AsSpan().Count('.') == 3) && IPAddress.TryParse(text, out var address) ? address : null;
    }

    public static int? Port(string text) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : null;

    /// <summary>A name for the session that may stand in logs.</summary>
    public static string? Session(string text) =>
        text.Length is > 0 and <= ForwardedClient.MaxSession && !text.AsSpan().ContainsAnyExceptInRange('!', '~') ? text : null;

    /// <summary>Dovecot's proxies say "TLS" or "insecure" of the client's transport.</summary>
    public static bool IsTls(string text) => text.StartsWith("TLS", StringComparison.OrdinalIgnoreCase);
}
