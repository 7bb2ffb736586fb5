using System.Buffers;

namespace Sora.Mime;

/// <summary>HEADER.FIELDS and HEADER.FIELDS.NOT (RFC 3501 section 6.4.5).</summary>
public static class HeaderFieldFilter
{
    /// <summary>
    /// Writes the fields of <paramref name="header"/> whose name is in <paramref name="names"/> (or is not, with
    /// <paramref name="not"/>), byte for byte and in the order of the header, and the empty line.
    /// </summary>
    public static void Write(ReadOnlySpan<byte> header, IReadOnlyList<byte[]> names, bool not, IBufferWriter<byte> writer)
    {
        bool openLine = false;
        foreach (var field in HeaderFields.Enumerate(header))
        {
            if (Contains(names, field) == not)
                continue;
            writer.Write(field.Raw);
            openLine = field.Raw[^1] != (byte)'\n';
        }
        writer.Write(openLine ? "\r\n\r\n"u8 : "\r\n"u8);
    }

    private static bool Contains(IReadOnlyList<byte[]> names, HeaderField field)
    {
        for (int i = 0; i < names.Count; i++)
        {
            if (!field.Name.IsEmpty && field.IsNamed(names[i]))
                return true;
        }
        return false;
    }
}
