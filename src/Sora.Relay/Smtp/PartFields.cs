using System.Buffers;
using System.Text;

namespace Sora.Relay.Smtp;

/// <summary>What a part's header says that decides how it may be encoded (RFC 2045, RFC 2046).</summary>
internal readonly struct PartFields
{
    private const int MaxBoundary = 200;

    private static ReadOnlySpan<byte> TypeName => "Content-Type"u8;

    private static ReadOnlySpan<byte> EncodingName => "Content-Transfer-Encoding"u8;

    /// <summary>The boundary of a multipart, or null.</summary>
    public byte[]? Boundary { get; private init; }

    /// <summary>message/rfc822 or message/global: its body begins with a header.</summary>
    public bool IsMessage { get; private init; }

    /// <summary>The body stands as it is: 7bit, 8bit, binary, or nothing said.</summary>
    public bool IsIdentity { get; private init; }

    public static PartFields Read(ReadOnlySpan<byte> header)
    {
        var type = Value(header, TypeName);
        var encoding = Value(header, EncodingName).Trim();
        var isMultipart = type.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase);
        var name = type.Split(';', ' ')[0].Trim();
        return new PartFields
        {
            Boundary = isMultipart ? BoundaryOf(type) : null,
            IsMessage = name.Equals("message/rfc822", StringComparison.OrdinalIgnoreCase) || name.Equals("message/global", StringComparison.OrdinalIgnoreCase),
            IsIdentity = encoding is "" || encoding.Equals("7bit", StringComparison.OrdinalIgnoreCase)
                || encoding.Equals("8bit", StringComparison.OrdinalIgnoreCase) || encoding.Equals("binary", StringComparison.OrdinalIgnoreCase),
        };
    }

    /// <summary>Writes the header with the encoding that the part has now.</summary>
    public void Write(ReadOnlySpan<byte> header, bool encodes, bool isContainer, IBufferWriter<byte> output)
    {
        var isChanged = encodes || (isContainer && IsIdentity);
        var hasField = false;
        while (!header.IsEmpty)
        {
            var field = Next(ref header);
            if (!isChanged || !IsNamed(field, EncodingName))
            {
                output.Write(field);
                continue;
            }

            // What holds other parts is 7bit once they are (RFC 2045 section 6.4)
            if (!hasField)
                output.Write(encodes ? "Content-Transfer-Encoding: quoted-printable\r\n"u8 : "Content-Transfer-Encoding: 7bit\r\n"u8);
            hasField = true;
        }

        if (encodes && !hasField)
            output.Write("Content-Transfer-Encoding: quoted-printable\r\n"u8);
    }

    // A field with the lines that continue it
    private static ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> header)
    {
        var length = 0;
        do
        {
            var end = header[length..].IndexOf((byte)'\n');
            length = end < 0 ? header.Length : length + end + 1;
        }
        while (length < header.Length && header[length] is (byte)' ' or (byte)'\t');
        var field = header[..length];
        header = header[length..];
        return field;
    }

    private static bool IsNamed(ReadOnlySpan<byte> field, ReadOnlySpan<byte> name) =>
        field.Length > name.Length && Ascii.EqualsIgnoreCase(field[..name.Length], name) && field[name.Length..].TrimStart(" \t"u8) is [(byte)':', ..];

    private static string Value(ReadOnlySpan<byte> header, ReadOnlySpan<byte> name)
    {
        while (!header.IsEmpty)
        {
            var field = Next(ref header);
            if (IsNamed(field, name))
                return Encoding.Latin1.GetString(field[(field.IndexOf((byte)':') + 1)..]).Replace("\r\n", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal).Trim();
        }

        return "";
    }

    private static byte[]? BoundaryOf(string type)
    {
        for (var at = type.IndexOf(';', StringComparison.Ordinal); at >= 0; at = type.IndexOf(';', at + 1))
        {
            var parameter = type[(at + 1)..].TrimStart();
            if (!parameter.StartsWith("boundary", StringComparison.OrdinalIgnoreCase) || parameter["boundary".Length..].TrimStart() is not ['=', .. var rest])
                continue;
            var value = rest.TrimStart();
            value = value.StartsWith('"')
                ? value[1..].Split('"')[0]
                : value.Split(';', ' ', '\t', '(')[0];
            value = value.Replace("\\", "", StringComparison.Ordinal).TrimEnd();
            return value.Length is > 0 and <= MaxBoundary ? Encoding.Latin1.GetBytes(value) : null;
        }

        return null;
    }
}
