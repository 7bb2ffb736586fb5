using System.Net;
using System.Net.Sockets;
using System.Text;
using Sora.Gateway.Lmtp;

namespace Sora.Gateway.Connections.Proxying;

/// <summary>
/// The attributes of XCLIENT, as Postfix (XCLIENT_README) and Dovecot's proxies send them: <c>name=value</c> with spaces between, values in xtext. What is not
/// known is passed over.
/// </summary>
/// <param name="Client">Who the client is.</param>
/// <param name="Name">The client's host name (NAME); null when it has none that was verified.</param>
/// <param name="Helo">What it called itself (HELO).</param>
/// <param name="Login">The name with which it has logged in at the proxy (LOGIN).</param>
internal sealed record XClient(ForwardedClient Client, string? Name, string? Helo, string? Login)
{
    private const int MaxName = 255;

    /// <summary>Reads the attributes; null when one is malformed or there is none.</summary>
    public static XClient? Parse(ReadOnlySpan<byte> arguments)
    {
        var result = new XClient(new ForwardedClient(), null, null, null);
        var count = 0;
        foreach (var range in arguments.Split((byte)' '))
        {
            var attribute = arguments[range];
            if (attribute.IsEmpty)
                continue;
            var equals = attribute.IndexOf((byte)'=');
            if (equals <= 0 || result.With(attribute[..equals], attribute[(equals + 1)..]) is not { } extended)
                return null;
            (result, count) = (extended, count + 1);
        }

        return count > 0 ? result : null;
    }

    private XClient? With(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var key = Encoding.Latin1.GetString(name).ToUpperInvariant();
        if (key is not ("ADDR" or "PORT" or "NAME" or "HELO" or "LOGIN" or "PROTO" or "DESTADDR" or "DESTPORT" or "SESSION" or "CLIENT-TRANSPORT"))
            return this;
        if (Xtext.Decode(value) is not { } text)
            return null;
        if (text.Equals("[UNAVAILABLE]", StringComparison.OrdinalIgnoreCase) || text.Equals("[TEMPUNAVAIL]", StringComparison.OrdinalIgnoreCase))
            return this;
        switch (key)
        {
            case "ADDR":
                return Address(text) is { } address ? this with { Client = Client with { Address = address } } : null;
            case "DESTADDR":
                return Address(text) is { } destination ? this with { Client = Client with { Destination = destination } } : null;
            case "PORT":
                return ForwardedText.Port(text) is { } port ? this with { Client = Client with { Port = port } } : null;
            case "DESTPORT":
                return ForwardedText.Port(text) is { } destinationPort ? this with { Client = Client with { DestinationPort = destinationPort } } : null;
            case "SESSION":
                return ForwardedText.Session(text) is { } session ? this with { Client = Client with { Session = session } } : null;
            case "CLIENT-TRANSPORT":
                return this with { Client = Client with { IsTls = ForwardedText.IsTls(text) } };
            // Names are what strangers have said: one that cannot stand in a Received field is as good as none, and no reason to refuse their mail
            case "NAME":
                return IsName(text) ? this with { Name = text } : this;
            case "HELO":
                return IsName(text) ? this with { Helo = text } : this;
            case "LOGIN":
                return text.Length is > 0 and <= MaxName ? this with { Login = text } : null;
            default: // PROTO
                return text.ToUpperInvariant() is "SMTP" or "ESMTP" or "LMTP" ? this : null;
        }
    }

    private static bool IsName(string text) => text.Length <= MaxName && LmtpAddressParser.IsHostName(text);

    // "IPV6:" stands before an IPv6 address, but not all senders write it
    private static IPAddress? Address(string text) => text.StartsWith("IPV6:", StringComparison.OrdinalIgnoreCase)
        ? ForwardedText.Address(text[5..]) is { AddressFamily: AddressFamily.InterNetworkV6 } address ? address : null
        : ForwardedText.Address(text);
}
