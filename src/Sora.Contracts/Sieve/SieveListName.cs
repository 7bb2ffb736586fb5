using System.Collections.Immutable;
using System.Text;

namespace Sora.Contracts;

/// <summary>Names of externally stored lists (RFC 6134 section 2.5): absolute URIs, <c>:x</c> standing for <c>urn:ietf:params:sieve:x</c>.</summary>
public static class SieveListName
{
    /// <summary>The user's default address book, which every server knows.</summary>
    public const string DefaultAddressBook = AddressBooks + "default";

    /// <summary>The schemes that lists are named with here, for EXTLISTS (RFC 6134 section 2.8).</summary>
    public static ImmutableArray<string> Schemes { get; } = ["tag", "urn"];

    private const string Parameters = "urn:ietf:params:sieve:";
    private const string AddressBooks = Parameters + "addrbook:";
    private const string Unreserved = "-._~";
    private const string Others = ":/?@!$&'()*+,;=[]%";
    private const int MaxLength = 2_000;

    /// <summary>
    /// Writes out a name so that equal lists have equal names: the shorthand in full, the scheme, what follows <c>urn:</c> and <c>default</c> in small letters, characters
    /// that need no percent as they are. False for what is no name of a list.
    /// </summary>
    public static bool TryNormalize(string name, out string normal)
    {
        ArgumentNullException.ThrowIfNull(name);
        normal = "";
        var uri = name.StartsWith(':') ? Parameters + name[1..] : name;
        if (uri.Length > MaxLength || !IsAbsoluteUri(uri))
            return false;
        uri = DecodeUnreserved(uri);
        if (!uri.StartsWith(Parameters, StringComparison.OrdinalIgnoreCase))
        {
            normal = WithSmallScheme(uri);
            return true;
        }

        if (!uri.StartsWith(AddressBooks, StringComparison.OrdinalIgnoreCase))
        {
            // "addrbook" without a book has no meaning (RFC 6134 section 2.6)
            normal = Parameters + uri[Parameters.Length..];
            return !uri.Equals(AddressBooks[..^1], StringComparison.OrdinalIgnoreCase);
        }

        var query = uri.IndexOf('?', StringComparison.Ordinal);
        var book = query < 0 ? uri[AddressBooks.Length..] : uri[AddressBooks.Length..query];
        if (book.Equals("default", StringComparison.OrdinalIgnoreCase))
            book = "default";
        normal = AddressBooks + book + (query < 0 ? "" : uri[query..]);
        return book.Length > 0;
    }

    // absolute-URI = scheme ":" hier-part [ "?" query ] (RFC 3986 section 4.3)
    private static bool IsAbsoluteUri(string uri)
    {
        var colon = uri.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || colon == uri.Length - 1 || !char.IsAsciiLetter(uri[0]))
            return false;
        foreach (var c in uri.AsSpan(0, colon))
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.'))
                return false;
        for (var i = colon + 1; i < uri.Length; i++)
        {
            if (!char.IsAsciiLetterOrDigit(uri[i]) && !Unreserved.Contains(uri[i]) && !Others.Contains(uri[i]))
                return false;
            if (uri[i] == '%' && (i + 2 >= uri.Length || !char.IsAsciiHexDigit(uri[i + 1]) || !char.IsAsciiHexDigit(uri[i + 2])))
                return false;
        }

        return true;
    }

    // Schemes differ by case as little as the first words of a urn do (RFC 3986 section 3.1, RFC 8141 section 3.1)
    private static string WithSmallScheme(string uri)
    {
        var end = uri.IndexOf(':', StringComparison.Ordinal);
        if (uri.StartsWith("urn:", StringComparison.OrdinalIgnoreCase) && uri.IndexOf(':', end + 1) is > 0 and var identifier)
            end = identifier;
        return string.Concat(uri[..end].ToLowerInvariant(), uri.AsSpan(end));
    }

    private static string DecodeUnreserved(string uri)
    {
        if (!uri.Contains('%', StringComparison.Ordinal))
            return uri;
        var decoded = new StringBuilder(uri.Length);
        for (var i = 0; i < uri.Length; i++)
        {
            var c = uri[i] == '%' ? (char)Convert.FromHexString(uri.AsSpan(i + 1, 2))[0] : uri[i];
            if (uri[i] != '%')
                decoded.Append(c);
            else if (char.IsAsciiLetterOrDigit(c) || Unreserved.Contains(c))
                decoded.Append(c);
            else
                decoded.Append(uri.AsSpan(i, 3).ToString().ToUpperInvariant());
            if (uri[i] == '%')
                i += 2;
        }

        return decoded.ToString();
    }
}
