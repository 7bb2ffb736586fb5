using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Unicode;

namespace Sora.Gateway.Lmtp;

/// <summary>A mailbox of RFC 5321 section 4.1.2, or the null reverse-path, or a local part alone.</summary>
/// <param name="LocalPart">Without quotes and backslashes.</param>
/// <param name="Domain">As given; empty when there is none.</param>
/// <param name="IsAscii">It can be used without SMTPUTF8 (RFC 6531).</param>
internal sealed record LmtpPath(string LocalPart, string Domain, bool IsAscii)
{
    public static readonly LmtpPath Null = new("", "", true);

    /// <summary>local-part@domain with quotes where they are needed; empty for the null reverse-path.</summary>
    public override string ToString() => Join(LocalPart, Domain);

    /// <summary>local-part@domain with quotes where they are needed; the local part alone when there is no domain.</summary>
    public static string Join(string localPart, string domain)
    {
        var quoted = LmtpAddressParser.NeedsQuotes(localPart) && domain.Length > 0 ? LmtpAddressParser.Quote(localPart) : localPart;
        return domain.Length == 0 ? quoted : $"{quoted}@{domain}";
    }
}

/// <summary>Reads paths (RFC 5321 sections 4.1.2 and 4.1.3, RFC 6531 section 3.3) and their parameters off a command line.</summary>
internal ref struct LmtpAddressParser(ReadOnlySpan<byte> text)
{
    // RFC 5321 says 64; bounce addresses of mailing lists are often longer
    private const int MaxLocalPart = 256;
    private const int MaxDomain = 255;
    private const int MaxLabel = 63;

    private static readonly SearchValues<byte> Atext =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~"u8);

    private ReadOnlySpan<byte> _rest = text;

    /// <summary>What has not been read.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>A name that may stand in a greeting or a Received field: a domain or an address literal.</summary>
    public static bool IsHostName(string text)
    {
        var parser = new LmtpAddressParser(Encoding.UTF8.GetBytes(text));
        return parser.TryDomain(out _, out _) && parser._rest.IsEmpty;
    }

    /// <summary>
    /// A literal word before the path: <c>FROM:</c> or <c>TO:</c>. Spaces behind it, which the RFC forbids and clients send, are skipped.
    /// </summary>
    public bool TryKeyword(ReadOnlySpan<byte> keyword)
    {
        if (_rest.Length < keyword.Length || !Ascii.EqualsIgnoreCase(_rest[..keyword.Length], keyword))
            return false;
        _rest = _rest[keyword.Length..].TrimStart((byte)' ');
        return true;
    }

    /// <summary>Reverse-path = Path / "&lt;&gt;". Dots in places where RFC 5321 has none are let pass: there are such senders.</summary>
    public bool TryReversePath(out LmtpPath path)
    {
        if (_rest.StartsWith("<>"u8))
        {
            _rest = _rest[2..];
            path = LmtpPath.Null;
            return true;
        }

        return TryPath(looseDots: true, out path);
    }

    /// <summary>Forward-path = Path / "&lt;Postmaster&gt;" and any other local part alone.</summary>
    public bool TryForwardPath(out LmtpPath path) => TryPath(looseDots: false, out path);

    /// <summary>
    /// esmtp-param = esmtp-keyword ["=" esmtp-value]. False at the end; <paramref name="isValid"/> is false for anything else that is no
    /// parameter.
    /// </summary>
    public bool TryParameter(out ReadOnlySpan<byte> keyword, out ReadOnlySpan<byte> value, out bool isValid)
    {
        keyword = value = default;
        isValid = true;
        if (_rest.Trim((byte)' ').IsEmpty)
            return false;
        isValid = _rest[0] == ' ';
        _rest = _rest.TrimStart((byte)' ');
        var end = _rest.IndexOf((byte)' ');
        var parameter = end < 0 ? _rest : _rest[..end];
        _rest = _rest[parameter.Length..];
        var equals = parameter.IndexOf((byte)'=');
        keyword = equals < 0 ? parameter : parameter[..equals];
        value = equals < 0 ? default : parameter[(equals + 1)..];
        isValid &= !keyword.IsEmpty && char.IsAsciiLetterOrDigit((char)keyword[0]) && keyword.IndexOfAnyExcept(KeywordBytes) < 0
            && (equals < 0 || !value.IsEmpty) && !value.Contains((byte)'=') && value.IndexOfAnyInRange((byte)0, (byte)31) < 0;
        return true;
    }

    internal static bool NeedsQuotes(string localPart)
    {
        foreach (var c in localPart)
            if (c < 128 && c != '.' && !Atext.Contains((byte)c))
                return true;
        return localPart.Length == 0;
    }

    internal static string Quote(string localPart)
    {
        var quoted = new StringBuilder(localPart.Length + 8).Append('"');
        foreach (var c in localPart)
        {
            if (c is '"' or '\\')
                quoted.Append('\\');
            quoted.Append(c);
        }

        return quoted.Append('"').ToString();
    }

    private static readonly SearchValues<byte> KeywordBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"u8);

    /// <summary>Path = "&lt;" [ A-d-l ":" ] Mailbox "&gt;"</summary>
    private bool TryPath(bool looseDots, out LmtpPath path)
    {
        path = LmtpPath.Null;
        if (!TryByte((byte)'<') || !TrySourceRoute() || !TryLocalPart(looseDots, out var localPart, out var localAscii))
            return false;
        var domain = "";
        var domainAscii = true;
        if (TryByte((byte)'@') && !TryDomain(out domain, out domainAscii))
            return false;
        if (!TryByte((byte)'>') || (!_rest.IsEmpty && _rest[0] != ' '))
            return false;
        path = new LmtpPath(localPart, domain, localAscii && domainAscii);
        return true;
    }

    /// <summary>A-d-l = At-domain *( "," At-domain ), which must be accepted and should be ignored (RFC 5321 appendix C).</summary>
    private bool TrySourceRoute()
    {
        if (_rest.IsEmpty || _rest[0] != '@')
            return true;
        while (TryByte((byte)'@'))
        {
            if (!TryDomain(out _, out _))
                return false;
            if (TryByte((byte)':'))
                return true;
            if (!TryByte((byte)','))
                return false;
        }

        return false;
    }

    /// <summary>Local-part = Dot-string / Quoted-string</summary>
    private bool TryLocalPart(bool looseDots, out string localPart, out bool isAscii)
    {
        if (!_rest.IsEmpty && _rest[0] == '"')
            return TryQuotedString(out localPart, out isAscii);
        localPart = "";
        isAscii = true;
        var length = 0;
        while (length < _rest.Length && (_rest[length] == '.' || _rest[length] >= 128 || Atext.Contains(_rest[length])))
            length++;
        var bytes = _rest[..length];
        if (length is 0 or > MaxLocalPart || !Utf8.IsValid(bytes))
            return false;
        if (!looseDots && (bytes[0] == '.' || bytes[^1] == '.' || bytes.IndexOf(".."u8) >= 0))
            return false;
        _rest = _rest[length..];
        isAscii = Ascii.IsValid(bytes);
        localPart = Encoding.UTF8.GetString(bytes);
        return true;
    }

    /// <summary>Quoted-string = DQUOTE *QcontentSMTP DQUOTE</summary>
    private bool TryQuotedString(out string localPart, out bool isAscii)
    {
        localPart = "";
        isAscii = true;
        Span<byte> content = stackalloc byte[MaxLocalPart];
        var length = 0;
        for (var i = 1; i < _rest.Length; i++)
        {
            var b = _rest[i];
            if (b == '"')
            {
                _rest = _rest[(i + 1)..];
                isAscii = Ascii.IsValid(content[..length]);
                localPart = Encoding.UTF8.GetString(content[..length]);
                return length > 0 && Utf8.IsValid(content[..length]);
            }

            if (b == '\\' && ++i < _rest.Length)
                b = _rest[i];
            if (b is < 32 or 127 || length == MaxLocalPart)
                return false;
            content[length++] = b;
        }

        return false;
    }

    /// <summary>Domain, or address-literal = "[" ( IPv4 / "IPv6:" IPv6 / tag ":" content ) "]"</summary>
    private bool TryDomain(out string domain, out bool isAscii)
    {
        domain = "";
        isAscii = true;
        var length = !_rest.IsEmpty && _rest[0] == '[' ? LiteralLength(_rest) : DomainLength(_rest);
        if (length is 0 or > MaxDomain || !Utf8.IsValid(_rest[..length]))
            return false;
        isAscii = Ascii.IsValid(_rest[..length]);
        domain = Encoding.UTF8.GetString(_rest[..length]);
        _rest = _rest[length..];
        return true;
    }

    /// <summary>sub-domain *("." sub-domain); underscores, which are no host names but are out there, are let pass.</summary>
    private static int DomainLength(ReadOnlySpan<byte> text)
    {
        var label = 0;
        var length = 0;
        for (; length < text.Length; length++)
        {
            var b = text[length];
            if (b == '.')
            {
                if (label == 0 || text[length - 1] == '-')
                    return 0;
                label = 0;
            }
            else if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)'_' or >= 128 || (b == '-' && label > 0))
            {
                if (++label > MaxLabel)
                    return 0;
            }
            else
            {
                break;
            }
        }

        return label == 0 || text[length - 1] == '-' ? 0 : length;
    }

    private static int LiteralLength(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOf((byte)']');
        if (end < 2)
            return 0;
        var content = text[1..end];
        if (content.IndexOfAnyExceptInRange((byte)33, (byte)126) >= 0 || content.IndexOfAny((byte)'[', (byte)'\\') >= 0)
            return 0;
        var colon = content.IndexOf((byte)':');
        var isValid = colon < 0
            ? content.Count((byte)'.') == 3 && IPAddress.TryParse(content, out _)
            : Ascii.EqualsIgnoreCase(content[..colon], "IPv6"u8)
                ? IPAddress.TryParse(content[(colon + 1)..], out var address) && address.AddressFamily == AddressFamily.InterNetworkV6
                : colon > 0 && colon + 1 < content.Length && content[..colon].IndexOfAnyExcept(KeywordBytes) < 0;
        return isValid ? end + 1 : 0;
    }

    private bool TryByte(byte expected)
    {
        if (_rest.IsEmpty || _rest[0] != expected)
            return false;
        _rest = _rest[1..];
        return true;
    }
}
