using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Sora.Gateway.Sasl;

/// <summary>What a client says with a bearer token, by OAUTHBEARER or XOAUTH2.</summary>
/// <param name="AuthorizationId">Whom to act for; empty when the token says it.</param>
/// <param name="Authorization">The field Authorization of HTTP: scheme and token; null when there is none.</param>
/// <param name="Host">The name that the client has connected to; null when it does not say.</param>
/// <param name="Port">The port that it has connected to; null when it does not say.</param>
internal sealed record OAuthMessage(string AuthorizationId, string? Authorization, string? Host, int? Port)
{
    private const byte Separator = 1; // kvsep

    /// <summary>The token of an Authorization field whose scheme is Bearer, in any case (RFC 6750 section 2.1); empty when the field is, null for another scheme.</summary>
    public string? Token
    {
        get
        {
            const string Scheme = "Bearer";
            if (string.IsNullOrWhiteSpace(Authorization))
                return "";
            if (!Authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
                return null;
            var rest = Authorization[Scheme.Length..];
            return rest.Length == 0 || rest[0] == ' ' ? rest.Trim(' ') : null;
        }
    }

    /// <summary>client-resp (RFC 7628 section 3.1), but for the one that consists of kvsep alone.</summary>
    public static bool TryParseBearer(ReadOnlySpan<byte> message, [NotNullWhen(true)] out OAuthMessage? parsed)
    {
        parsed = null;
        var end = message.IndexOf(Separator);
        return end > 0 && TryHeader(message[..end], out var authorizationId) && TryPairs(message[end..], authorizationId, out parsed);
    }

    /// <summary>The form of XOAUTH2: pairs without a header before them, of which one is user=.</summary>
    public static bool TryParseGoogle(ReadOnlySpan<byte> message, [NotNullWhen(true)] out OAuthMessage? parsed)
    {
        parsed = null;
        if (!message.StartsWith("user="u8))
            return false;
        var end = message.IndexOf(Separator);
        return end > 0 && ScramSyntax.TryText(message["user=".Length..end], out var user) && TryPairs(message[end..], user, out parsed);
    }

    // gs2-header (RFC 5801 section 4): [ "F," ] ( "n" / "y" ) "," [ "a=" saslname ] ",". There is no form of these mechanisms that binds a channel, so "p=" asks for what is not there
    private static bool TryHeader(ReadOnlySpan<byte> header, out string authorizationId)
    {
        authorizationId = "";
        if (!ScramSyntax.TryText(header, out var text))
            return false;
        if (text.StartsWith("F,", StringComparison.Ordinal))
            text = text[2..];
        if (text.Split(',') is not [("n" or "y"), var authorize, ""])
            return false;
        if (authorize.Length == 0)
            return true;
        if (!authorize.StartsWith("a=", StringComparison.Ordinal) || !ScramSyntax.TryName(authorize[2..], out var name) || name.Length == 0)
            return false;
        authorizationId = name;
        return true;
    }

    // kvsep *( key "=" value kvsep ) kvsep
    private static bool TryPairs(ReadOnlySpan<byte> rest, string authorizationId, [NotNullWhen(true)] out OAuthMessage? parsed)
    {
        parsed = null;
        string? authorization = null, host = null;
        int? port = null;
        rest = rest[1..];
        while (true)
        {
            var end = rest.IndexOf(Separator);
            if (end < 0)
                return false;
            if (end == 0)
                break;
            var pair = rest[..end];
            var sign = pair.IndexOf((byte)'=');
            if (sign <= 0 || !IsKey(pair[..sign]) || !IsValue(pair[(sign + 1)..]))
                return false;
            var value = Encoding.ASCII.GetString(pair[(sign + 1)..]);
            switch (pair[..sign])
            {
                case var key when key.SequenceEqual("auth"u8):
                    if (authorization is not null)
                        return false;
                    authorization = value;
                    break;
                case var key when key.SequenceEqual("host"u8):
                    if (host is not null || value.Length == 0)
                        return false;
                    host = value;
                    break;
                case var key when key.SequenceEqual("port"u8):
                    // A positive decimal number without leading zeros
                    if (port is not null || value is ['0', ..] || !int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > ushort.MaxValue)
                        return false;
                    port = number;
                    break;
            }

            rest = rest[(end + 1)..]; // what else it may say is passed over (section 3.1)
        }

        if (rest.Length != 1)
            return false;
        parsed = new OAuthMessage(authorizationId, authorization, host, port);
        return true;
    }

    private static bool IsKey(ReadOnlySpan<byte> key)
    {
        foreach (var letter in key)
        {
            if (!char.IsAsciiLetter((char)letter))
                return false;
        }

        return true;
    }

    // VCHAR / SP / HTAB / CR / LF
    private static bool IsValue(ReadOnlySpan<byte> value)
    {
        foreach (var octet in value)
        {
            if (octet is not (>= (byte)' ' and <= (byte)'~' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
                return false;
        }

        return true;
    }
}
