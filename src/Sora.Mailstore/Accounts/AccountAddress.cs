using System.Buffers;
using System.Text;
using Sora.Contracts;

namespace Sora.Mailstore.Accounts;

/// <summary>What may be an account's address: lower case, one <c>@</c>, UTF-8 on both sides of it (RFC 6531), a domain name and no address literal.</summary>
internal static class AccountAddress
{
    /// <summary>Longest part before the <c>@</c> in UTF-8 bytes; RFC 5321 section 4.5.3.1.1 asks for 64 at least.</summary>
    public const int MaxLocalPartBytes = 256;

    /// <summary>RFC 5321 section 4.5.3.1.2, in UTF-8 bytes.</summary>
    public const int MaxDomainBytes = 255;

    private const int MaxLabelBytes = 63;
    private static readonly SearchValues<char> NotInDomains = SearchValues.Create("()<>[]:;,\\\"/");

    /// <summary>The address as it is stored. CANNOT when it is none.</summary>
    public static MailResult<string> Parse(string text)
    {
        var address = AccountHost.Normalize(text);
        return WhyRefused(address) is { } reason ? new MailError(MailErrorCode.Cannot, $"Not an address: {Printable(text)} ({reason})") : address;
    }

    private static string? WhyRefused(string address)
    {
        var at = address.IndexOf('@', StringComparison.Ordinal);
        if (at < 0)
            return "there is no @";
        if (at == 0)
            return "nothing stands before the @";
        if (at == address.Length - 1)
            return "nothing stands after the @";
        if (address.LastIndexOf('@') != at)
            return "there is more than one @";
        foreach (var rune in address.EnumerateRunes())
        {
            // A lone surrogate is enumerated as the replacement character, and so is a byte that was no UTF-8
            if (rune == Rune.ReplacementChar || Rune.IsControl(rune) || Rune.IsWhiteSpace(rune))
                return "it has a character that is not allowed";
        }

        var domain = address.AsSpan(at + 1);
        if (Encoding.UTF8.GetByteCount(address.AsSpan(0, at)) > MaxLocalPartBytes || Encoding.UTF8.GetByteCount(domain) > MaxDomainBytes)
            return "it is too long";
        if (domain.IndexOfAny(NotInDomains) >= 0)
            return "the domain has a character that is not allowed";
        foreach (var label in domain.Split('.'))
        {
            var bytes = Encoding.UTF8.GetByteCount(domain[label]);
            if (bytes == 0)
                return "the domain has an empty label";
            if (bytes > MaxLabelBytes)
                return "a label of the domain is too long";
        }

        return null;
    }

    // What is shown ends up on a terminal
    private static string Printable(string text)
    {
        const int longest = 320;
        var shown = text.Length > longest ? string.Concat(text.AsSpan(0, longest), "...") : text;
        return string.Create(shown.Length, shown, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = char.IsControl(source[i]) ? '?' : source[i];
        });
    }
}
