using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sora.Mailstore.Relay;

/// <summary>Mailbox of RFC 5321 section 4.1.2 with the non-ASCII characters of RFC 6531 section 3.3: what may stand between the angle brackets of MAIL and RCPT.</summary>
internal static class RelayAddress
{
    // RFC 5321 section 4.5.3.1.3: a path has 256 octets with its angle brackets
    private const int MaxLength = 254;

    private static readonly SearchValues<char> Atext =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~");

    // The underscore is no letter of a host's name, but some have it
    private static readonly SearchValues<char> DomainCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    public static bool IsValid(string address)
    {
        var at = address.LastIndexOf('@');
        return at > 0 && IsText(address) && Encoding.UTF8.GetByteCount(address) <= MaxLength
            && IsLocalPart(address.AsSpan(0, at)) && IsDomain(address.AsSpan(at + 1));
    }

    // No control, and no half of a character: neither has a form in UTF-8 that a server would take
    private static bool IsText(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out var rune, out var used) != OperationStatus.Done || Rune.IsControl(rune))
                return false;
            text = text[used..];
        }

        return true;
    }

    /// <summary>Dot-string / Quoted-string</summary>
    private static bool IsLocalPart(ReadOnlySpan<char> local)
    {
        if (local[0] != '"')
            return IsDotted(local, Atext);
        if (local.Length < 2 || local[^1] != '"')
            return false;
        var content = local[1..^1];
        for (var i = 0; i < content.Length; i++)
        {
            if (content[i] == '"' || (content[i] == '\\' && ++i == content.Length))
                return false;
        }

        return true;
    }

    /// <summary>Domain / address-literal</summary>
    private static bool IsDomain(ReadOnlySpan<char> domain)
    {
        if (domain is not ['[', .. var literal, ']'])
            return !domain.IsEmpty && IsDotted(domain, DomainCharacters);
        const string v6 = "IPv6:";
        return literal.StartsWith(v6, StringComparison.OrdinalIgnoreCase)
            ? IPAddress.TryParse(literal[v6.Length..], out var address) && address.AddressFamily == AddressFamily.InterNetworkV6
            : literal.Count('.') == 3 && IPAddress.TryParse(literal, out address) && address.AddressFamily == AddressFamily.InterNetwork;
    }

    private static bool IsDotted(ReadOnlySpan<char> text, SearchValues<char> allowed)
    {
        var wasDot = true;
        foreach (var c in text)
        {
            if (c == '.' ? wasDot : c < 128 && !allowed.Contains(c))
                return false;
            wasDot = c == '.';
        }

        return !wasDot;
    }
}
