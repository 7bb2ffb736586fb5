namespace Sora.Mime;

/// <summary>Message identifiers out of Message-ID, In-Reply-To and References (RFC 5322 section 3.6.4), normalised.</summary>
public static class MessageIds
{
    /// <summary>
    /// All identifiers of a field's value, without angle brackets, comments, quotes and white space. At most
    /// <paramref name="max"/>; when there are more, the last ones.
    /// </summary>
    public static IReadOnlyList<string> Parse(ReadOnlySpan<byte> value, int max = 1000)
    {
        var ids = new List<string>();
        while (TryNext(ref value, out string id))
        {
            if (ids.Count >= max * 2)
                ids.RemoveRange(0, max);
            ids.Add(id);
        }
        if (ids.Count > max)
            ids.RemoveRange(0, ids.Count - max);
        return ids;
    }

    /// <summary>
    /// The first identifier of a field's value. A value without any angle brackets counts as a whole, as old software writes
    /// it; null when nothing is left.
    /// </summary>
    public static string? First(ReadOnlySpan<byte> value)
    {
        if (TryNext(ref value, out string id))
            return id;
        id = Normalise(value);
        return id.Length == 0 ? null : id;
    }

    private static bool TryNext(ref ReadOnlySpan<byte> value, out string id)
    {
        while (true)
        {
            int open = value.IndexOf((byte)'<');
            int close = open < 0 ? -1 : value[open..].IndexOf((byte)'>');
            if (close < 0)
            {
                id = "";
                return false;
            }
            id = Normalise(value.Slice(open + 1, close - 1));
            value = value[(open + close + 1)..];
            if (id.Length > 0)
                return true;
        }
    }

    // RFC 5256 section 3: quoted and unquoted forms of one identifier are the same identifier
    private static string Normalise(ReadOnlySpan<byte> raw)
    {
        Span<char> buffer = raw.Length <= 512 ? stackalloc char[raw.Length] : new char[raw.Length];
        int length = 0;
        for (int i = 0; i < raw.Length; i++)
        {
            byte value = raw[i];
            if (value == (byte)'\\' && i + 1 < raw.Length)
                value = raw[++i];
            else if (value is <= (byte)' ' or (byte)'"' or 127)
                continue;
            buffer[length++] = (char)value;
        }
        return new string(buffer[..length]);
    }
}
