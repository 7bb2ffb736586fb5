using Sora.Mime;

namespace Sora.Sieve.Messages;

/// <summary>A field of a header with what was made of it so far.</summary>
internal sealed class HeaderEntry(ReadOnlyMemory<byte> raw, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value)
{
    private SieveValue? _value;
    private SieveAddressValue[]? _addresses;

    /// <summary>The whole field with its line breaks.</summary>
    public ReadOnlyMemory<byte> Raw => raw;

    /// <summary>The name; empty for a line that is no field.</summary>
    public ReadOnlySpan<byte> Name => name.Span;

    /// <summary>The value, trimmed, folded and undecoded.</summary>
    public ReadOnlySpan<byte> RawValue => value.Span;

    public uint NameHash { get; } = HeaderName.HashOf(name.Span);

    /// <summary>The value unfolded and decoded (RFC 2047), without white space around it (RFC 5228 section 5.7).</summary>
    public SieveValue Value => _value ??= new SieveValue(EncodedWord.Decode(value.Span).Trim(' ', '\t'));

    /// <summary>The addresses in it, without groups' names.</summary>
    public SieveAddressValue[] Addresses => _addresses ??= ParseAddresses();

    private SieveAddressValue[] ParseAddresses()
    {
        var list = MailAddress.ParseList(value.Span);
        if (list.Count == 0)
            return [SieveAddressValue.Invalid(Value.Text)];
        var addresses = new List<SieveAddressValue>();
        foreach (var address in list)
            if (!address.IsGroupStart && !address.IsGroupEnd)
                addresses.Add(SieveAddressValue.From(address));
        return [.. addresses];
    }
}
