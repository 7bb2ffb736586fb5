namespace Sora.Sieve.Messages;

/// <summary>The name of a header field as a test gives it, ready to be looked up without regard to case.</summary>
internal readonly struct HeaderName
{
    private HeaderName(byte[]? bytes, uint hash)
    {
        Bytes = bytes;
        Hash = hash;
    }

    /// <summary>Null for what cannot be the name of a field: no field has it, and it is no error (RFC 5228 section 2.4.2.2).</summary>
    public byte[]? Bytes { get; }

    public uint Hash { get; }

    public static HeaderName From(string name)
    {
        if (!IsValid(name))
            return default;
        var bytes = System.Text.Encoding.ASCII.GetBytes(name);
        return new HeaderName(bytes, HashOf(bytes));
    }

    /// <summary>field-name = 1*ftext (RFC 5322 section 3.6.8).</summary>
    public static bool IsValid(ReadOnlySpan<char> name) => !name.IsEmpty && name.IndexOfAnyExceptInRange('!', '~') < 0 && !name.Contains(':');

    public static uint HashOf(ReadOnlySpan<byte> name)
    {
        var hash = 2166136261u;
        foreach (var b in name)
            hash = (hash ^ (uint)(b | 0x20)) * 16777619u;
        return hash;
    }
}
