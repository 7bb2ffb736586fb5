namespace Sora.Mime;

/// <summary>Walks the fields of a raw header block without allocating (RFC 5322 section 2.2).</summary>
public static class HeaderFields
{
    /// <summary>All fields in order, up to the empty line or the end of the bytes; lines that are no field are given with an empty name.</summary>
    public static HeaderFieldEnumerator Enumerate(ReadOnlySpan<byte> header) => new(header);

    /// <summary>Finds the first field with that name, without regard to case.</summary>
    public static bool TryFind(ReadOnlySpan<byte> header, ReadOnlySpan<byte> name, out HeaderField field)
    {
        foreach (var candidate in Enumerate(header))
        {
            if (candidate.IsNamed(name))
            {
                field = candidate;
                return true;
            }
        }
        field = default;
        return false;
    }
}

/// <summary>A field of a raw header block.</summary>
public readonly ref struct HeaderField
{
    internal HeaderField(ReadOnlySpan<byte> raw, int nameLength, int valueStart, int valueEnd)
    {
        Raw = raw;
        Name = raw[..nameLength];
        Value = raw[valueStart..valueEnd];
    }

    /// <summary>The field name; empty for a line that is no field (an mbox "From " line, junk).</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>The value after the colon, trimmed, still folded and undecoded.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>The whole field with its folding and line breaks.</summary>
    public ReadOnlySpan<byte> Raw { get; }

    /// <summary>Compares the name without regard to case.</summary>
    public bool IsNamed(ReadOnlySpan<byte> name) => System.Text.Ascii.EqualsIgnoreCase(Name, name);

    /// <summary>The value unfolded: no line breaks, no NUL; otherwise as sent.</summary>
    public byte[] Unfold() => HeaderValue.Unfold(Value);
}
