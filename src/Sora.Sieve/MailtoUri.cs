using System.Buffers;
using System.Collections.Immutable;

namespace Sora.Sieve;

/// <summary>A mailto URI (RFC 6068) as <c>notify</c> uses it (RFC 5436).</summary>
/// <param name="To">The recipients, in the path and in <c>to</c> fields.</param>
/// <param name="Fields">The other header fields and <c>body</c>, names in small letters, in order.</param>
public sealed record MailtoUri(ImmutableArray<string> To, ImmutableArray<KeyValuePair<string, string>> Fields)
{
    private const int MaxLength = 8_192;
    private const int MaxRecipients = 10;

    // Those between "!" and "~" that stand in no URI (RFC 3986 appendix A), and "#", which begins a fragment that mailto has not (RFC 6068 section 2)
    private static readonly SearchValues<char> Excluded = SearchValues.Create("\"#<>\\^`{|}");

    /// <summary>Reads a URI; false where it is no mailto URI or names no valid recipient.</summary>
    public static bool TryParse(string uri, out MailtoUri? result)
    {
        ArgumentNullException.ThrowIfNull(uri);
        result = null;
        if (uri.Length > MaxLength || !uri.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase) || uri.AsSpan().IndexOfAnyExceptInRange('!', '~') >= 0
            || uri.AsSpan().IndexOfAny(Excluded) >= 0)
            return false;
        var query = uri.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? uri[7..] : uri[7..query];
        var to = ImmutableArray.CreateBuilder<string>();
        var fields = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        if (path.Length > 0 && !AddRecipients(path, to))
            return false;
        foreach (var field in query < 0 ? [] : uri[(query + 1)..].Split('&'))
        {
            var equals = field.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !TryDecode(field[..equals], out var name) || !Messages.HeaderName.IsValid(name) || !TryDecode(field[(equals + 1)..], out var value))
                return false;
            if (!name.Equals("to", StringComparison.OrdinalIgnoreCase))
                fields.Add(new(name.ToLowerInvariant(), value));
            else if (!AddRecipients(field[(equals + 1)..], to))
                return false;
        }

        result = new MailtoUri(to.ToImmutable(), fields.ToImmutable());
        return to.Count is > 0 and <= MaxRecipients;
    }

    private static bool AddRecipients(string list, ImmutableArray<string>.Builder to)
    {
        foreach (var part in list.Split(','))
        {
            if (!TryDecode(part, out var address))
                return false;
            if (SieveAddress.TryParse(address, out var spec))
            {
                Add(to, spec);
                continue;
            }

            // RFC 2368 wrote the comma between addresses as %2C
            foreach (var one in address.Split(','))
            {
                if (!SieveAddress.TryParse(one, out spec))
                    return false;
                Add(to, spec);
            }
        }

        return true;
    }

    private static void Add(ImmutableArray<string>.Builder to, string address)
    {
        if (!to.Contains(address, StringComparer.OrdinalIgnoreCase))
            to.Add(address);
    }

    private static bool TryDecode(string text, out string decoded)
    {
        decoded = "";
        for (var i = 0; i < text.Length; i++)
            if (text[i] == '%' && (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2])))
                return false;
        decoded = Uri.UnescapeDataString(text);
        return !decoded.Contains('\0', StringComparison.Ordinal);
    }
}
