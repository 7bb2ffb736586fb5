namespace Sora.Mime;

/// <summary>Raw header values as bytes that may be kept: unfolded (RFC 5322 section 2.2.3).</summary>
internal static class HeaderValue
{
    /// <summary>Removes line breaks and NULs; a bare CR that separates words becomes a space.</summary>
    public static byte[] Unfold(ReadOnlySpan<byte> value)
    {
        if (value.IndexOfAny((byte)'\r', (byte)'\n', (byte)0) < 0)
            return value.ToArray();
        byte[] copy = new byte[value.Length];
        int length = 0;
        for (int i = 0; i < value.Length; i++)
        {
            byte b = value[i];
            if (b is 0 or (byte)'\n')
                continue;
            if (b != (byte)'\r')
                copy[length++] = b;
            else if (i + 1 < value.Length && value[i + 1] is not ((byte)'\n' or (byte)' ' or (byte)'\t'))
                copy[length++] = (byte)' ';
        }
        return copy.AsSpan(0, length).ToArray();
    }
}
