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
            spec = spec[(open + 1)..^1].Trim(" \t");
        }

        if (spec.Length > MaxLength || !IsAddrSpec(spec))
            return false;
        address = spec.ToString();
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

    private static bool IsAddrSpec(ReadOnlySpan<char> spec)
    {
        int at;
        if (spec.StartsWith("\""))
        {
            at = 1;
            while (at < spec.Length && spec[at] != '"')
            {
                if (spec[at] == '\\')
                    at++;
                if (at < spec.Length && (spec[at] < ' ' || spec[at] == 127))
                    return false;
                at++;
            }

            at++;
            if (at >= spec.Length || spec[at] != '@' || at == 2)
                return false;
        }
        else
        {
            at = spec.IndexOf('@');
            if (at <= 0 || !IsDotAtom(spec[..at]))
                return false;
        }

        var domain = spec[(at + 1)..];
        return domain.Length is > 0 and <= MaxDomain && (domain[0] == '[' ? IsLiteral(domain) : IsDomain(domain));
    }

    private static bool IsDomain(ReadOnlySpan<char> domain)
    {
        foreach (var range in domain.Split('.'))
        {
            var label = domain[range];
            if (label.Length is 0 or > 63 || label[0] == '-' || label[^1] == '-')
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
