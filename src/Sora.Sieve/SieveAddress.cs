using System.Buffers;
using System.Text;

namespace Sora.Sieve;

/// <summary>
/// sieve-address of RFC 5228 section 2.4.2.3: <c>addr-spec</c>, or <c>phrase &lt;addr-spec&gt;</c>. Stricter than what is read out of messages, because mail is sent to it.
/// </summary>
public static class SieveAddress
{
    // RFC 5321 section 4.5.3.1
    private const int MaxLength = 320;
    private const int MaxDomain = 255;

    private static readonly SearchValues<char> Atext =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~");

    /// <summary>Reads a sieve-address and gives its addr-spec.</summary>
    public static bool TryParse(string text, out string address)
    {
        ArgumentNullException.ThrowIfNull(text);
        address = "";
        var spec = text.AsSpan().Trim(" \t\r\n");
        if (spec.EndsWith(">"))
        {
            var open = spec.LastIndexOf('<');
            if (open < 0 || !IsPhrase(spec[..open].Trim(" \t\r\n")))
                return false;
            spec = spec[(open + 1)..^1];
        }

        if (spec.Length > MaxLength || !TrySplit(spec, out var at))
            return false;

        // White space may stand around the atoms (RFC 5322 section 3.4.1); "joe"@example.com is joe@example.com
        var local = spec[..at].Trim(" \t\r\n");
        var domain = spec[(at + 1)..].Trim(" \t\r\n");
        if (!(local.StartsWith("\"") ? IsQuoted(local) : IsDotAtom(local)) || !IsDomainPart(domain))
            return false;
        address = $"{(local[0] == '"' ? QuoteLocalPart(Unquote(local)) : local.ToString())}@{domain}";
        return true;
    }

    /// <summary>mailbox-list of RFC 5322 section 3.4: one or more addresses, no groups.</summary>
    public static bool IsMailboxList(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (TryParse(text, out _))
            return true;
        var list = Mime.MailAddress.ParseList(SieveText.Encode(text));
        foreach (var entry in list)
        {
            if (entry.Mailbox is not { Length: > 0 } local || entry.Host is not { Length: > 0 } host || entry.Route is not null)
                return false;
            if (!TryParse($"{QuoteLocalPart(SieveText.Decode(local))}@{SieveText.Decode(host)}", out _))
                return false;
        }

        return list.Count > 1 && text.Contains(',');
    }

    internal static string QuoteLocalPart(string local)
    {
        if (IsDotAtom(local))
            return local;
        var quoted = new StringBuilder(local.Length + 8).Append('"');
        foreach (var c in local)
        {
            if (c is '"' or '\\')
                quoted.Append('\\');
            quoted.Append(c);
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>A path of the envelope without angle brackets and route, in its halves; more is let through than mail is sent to, as other systems do.</summary>
    internal static bool TryParsePath(string path, out string local, out string domain)
    {
        local = domain = "";
        var spec = path.AsSpan();
        if (spec.StartsWith("<") && spec.EndsWith(">") && spec.Length > 1)
            spec = spec[1..^1];
        if (spec.StartsWith("@"))
        {
            // A-d-l = At-domain *( "," At-domain ) (RFC 5321 section 4.1.2): accepted and ignored
            var colon = spec.IndexOf(':');
            if (colon < 0)
                return false;
            foreach (var hop in spec[..colon].Split(','))
                if (spec[hop] is not ['@', .. var name] || !IsDomain(name, isLoose: true))
                    return false;
            spec = spec[(colon + 1)..];
        }

        if (!TrySplit(spec, out var at))
            return false;
        var left = spec[..at];
        var right = spec[(at + 1)..];
        if (!IsDomainPart(right, isLoose: true) || !(left.StartsWith("\"") ? IsQuoted(left) : IsLooseAtom(left)))
            return false;
        local = left.StartsWith("\"") ? Unquote(left) : left.ToString();
        domain = right.ToString();
        return true;
    }

    /// <summary>A local part alone, which only the postmaster's path may be (RFC 5321 section 4.1.1.3), and programs are.</summary>
    internal static bool IsLocalPartAlone(ReadOnlySpan<char> path) => IsLooseAtom(path);

    // The @ that stands behind a quoted string or the first of all
    private static bool TrySplit(ReadOnlySpan<char> spec, out int at)
    {
        at = 0;
        var start = spec.Length - spec.TrimStart(" \t\r\n").Length;
        if (start < spec.Length && spec[start] == '"')
        {
            at = start + 1;
            while (at < spec.Length && spec[at] != '"')
                at += spec[at] == '\\' ? 2 : 1;
            at++;
            while (at < spec.Length && spec[at] is ' ' or '\t' or '\r' or '\n')
                at++;
            return at < spec.Length && spec[at] == '@';
        }

        at = spec.IndexOf('@');
        return at > 0;
    }

    // quoted-string with something in it
    private static bool IsQuoted(ReadOnlySpan<char> text)
    {
        if (text.Length <= 2 || text[^1] != '"')
            return false;
        for (var at = 1; at < text.Length - 1; at++)
        {
            if (text[at] == '\\')
                at++;
            else if (text[at] == '"')
                return false;
            if (at >= text.Length - 1 || text[at] < ' ' || text[at] == 127)
                return false;
        }

        return true;
    }

    private static string Unquote(ReadOnlySpan<char> quoted)
    {
        var text = new StringBuilder(quoted.Length);
        for (var at = 1; at < quoted.Length - 1; at++)
            text.Append(quoted[quoted[at] == '\\' ? ++at : at]);
        return text.ToString();
    }

    private static bool IsDomainPart(ReadOnlySpan<char> domain, bool isLoose = false) =>
        domain.Length is > 0 and <= MaxDomain && (domain[0] == '[' ? IsLiteral(domain) : IsDomain(domain, isLoose));

    // Dots may stand anywhere: there are such addresses
    private static bool IsLooseAtom(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
            if (c != '.' && !Atext.Contains(c) && (c < 128 || SieveText.HasEscapes([c])))
                return false;
        return !text.IsEmpty;
    }

    private static bool IsDomain(ReadOnlySpan<char> domain, bool isLoose)
    {
        foreach (var range in domain.Split('.'))
        {
            var label = domain[range];
            if (label.Length is 0 or > 63 || (!isLoose && (label[0] == '-' || label[^1] == '-')))
                return false;
            foreach (var c in label)
                if (!(char.IsAsciiLetterOrDigit(c) || c is '-' or '_' || (c >= 128 && !char.IsSurrogate(c) && !char.IsControl(c))))
                    return false;
        }

        return true;
    }

    private static bool IsLiteral(ReadOnlySpan<char> domain) =>
        domain.Length > 2 && domain[^1] == ']' && domain[1..^1].IndexOfAnyExceptInRange('!', '~') < 0 && domain[1..^1].IndexOfAny("[]\\") < 0;

    private static bool IsDotAtom(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text[0] == '.' || text[^1] == '.' || text.IndexOf("..") >= 0)
            return false;
        foreach (var c in text)
            if (c != '.' && !Atext.Contains(c) && (c < 128 || SieveText.HasEscapes([c])))
                return false;
        return true;
    }

    // phrase = 1*word; dots in it are obs-phrase, which people write
    private static bool IsPhrase(ReadOnlySpan<char> phrase)
    {
        for (var at = 0; at < phrase.Length; at++)
        {
            var c = phrase[at];
            if (c == '"')
            {
                at++;
                while (at < phrase.Length && phrase[at] != '"')
                    at += phrase[at] == '\\' ? 2 : 1;
                if (at >= phrase.Length)
                    return false;
            }
            else if (c is not (' ' or '\t' or '\r' or '\n' or '.') && !Atext.Contains(c) && c < 128)
            {
                return false;
            }
        }

        return true;
    }
}
