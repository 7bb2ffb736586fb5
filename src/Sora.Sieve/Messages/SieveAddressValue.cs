using System.Text;
using Sora.Mime;

namespace Sora.Sieve.Messages;

/// <summary>An address of a header field or of the envelope in the parts that tests look at.</summary>
internal sealed class SieveAddressValue
{
    private readonly Dictionary<string, (SieveValue? User, SieveValue? Detail)> _subaddresses = new(StringComparer.Ordinal);

    private SieveAddressValue(SieveValue all, SieveValue? localPart, SieveValue? domain)
    {
        All = all;
        LocalPart = localPart;
        Domain = domain;
    }

    /// <summary>The null reverse-path, which each part sees as the empty string (RFC 5228 section 5.4).</summary>
    public static readonly SieveAddressValue Null = new(SieveValue.Empty, SieveValue.Empty, SieveValue.Empty);

    /// <summary>The whole address without phrase, comments and route.</summary>
    public SieveValue All { get; }

    /// <summary>Left of the @, without quotes; null where the address is not valid (RFC 5228 section 2.7.4).</summary>
    public SieveValue? LocalPart { get; }

    /// <summary>Right of the @; null where the address is not valid.</summary>
    public SieveValue? Domain { get; }

    /// <summary>The two halves of the local part around the first separator (RFC 5233 section 4); the detail is null without one.</summary>
    public (SieveValue? User, SieveValue? Detail) Subaddress(string separators)
    {
        if (LocalPart is null)
            return default;
        if (ReferenceEquals(this, Null))
            return (SieveValue.Empty, SieveValue.Empty);
        if (_subaddresses.TryGetValue(separators, out var halves))
            return halves;
        var at = LocalPart.Text.AsSpan().IndexOfAny(separators);
        halves = at < 0 ? (LocalPart, null) : (new SieveValue(LocalPart.Text[..at]), new SieveValue(LocalPart.Text[(at + 1)..]));
        _subaddresses[separators] = halves;
        return halves;
    }

    public static SieveAddressValue From(MailAddress address)
    {
        var local = SieveText.Decode(address.Mailbox ?? []);
        var domain = SieveText.Decode(address.Host ?? []);
        if (local.Length == 0 || domain.Length == 0)
            return new SieveAddressValue(new SieveValue(domain.Length == 0 ? local : $"{local}@{domain}"), null, null);
        return new SieveAddressValue(new SieveValue($"{SieveAddress.QuoteLocalPart(local)}@{domain}"), new SieveValue(local), new SieveValue(domain));
    }

    /// <summary>A path of the envelope: an addr-spec, a local part alone, or nothing.</summary>
    public static SieveAddressValue FromPath(string path)
    {
        if (path.Length == 0 || path == "<>")
            return Null;
        if (SieveAddress.TryParsePath(path, out var local, out var domain))
            return new SieveAddressValue(new SieveValue($"{SieveAddress.QuoteLocalPart(local)}@{domain}"), new SieveValue(local), new SieveValue(domain));

        // "Postmaster" alone is a valid forward-path (RFC 5321 section 4.1.1.3)
        var alone = path is ['<', .. var inner, '>'] ? inner : path;
        return SieveAddress.IsLocalPartAlone(alone)
            ? new SieveAddressValue(new SieveValue(alone), new SieveValue(alone), SieveValue.Empty)
            : new SieveAddressValue(new SieveValue(path), null, null);
    }

    /// <summary>A field that holds no address at all: its text is what <c>:all</c> looks at.</summary>
    public static SieveAddressValue Invalid(string text) => new(new SieveValue(text), null, null);
}
