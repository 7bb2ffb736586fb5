using System.Buffers;
using System.Globalization;
using System.Text;

namespace Sora.Mime;

/// <summary>Reads parameter values: RFC 2231 continuations and charsets, and encoded-words where they should not be.</summary>
public static class ParameterDecoder
{
    private const int MaxSegments = 1000;

    /// <summary>
    /// The decoded value of the parameter <paramref name="name"/> (ASCII, any case), or null. RFC 2231 forms win over the plain
    /// one, which senders add for old readers. Never throws.
    /// </summary>
    public static string? Find(IReadOnlyList<MimeParameter> parameters, string name)
    {
        byte[]? plain = null;
        byte[]? extended = null;
        SortedList<int, (byte[] Value, bool Encoded)>? segments = null;
        for (int i = 0; i < parameters.Count; i++)
        {
            var candidate = parameters[i].Name.AsSpan();
            if (candidate.Length < name.Length || !Ascii.EqualsIgnoreCase(candidate[..name.Length], name))
                continue;
            var suffix = candidate[name.Length..];
            if (suffix.IsEmpty)
                plain ??= parameters[i].Value;
            else if (suffix.SequenceEqual("*"u8))
                extended ??= parameters[i].Value;
            else if (TryReadSegment(suffix, out int number, out bool encoded))
                (segments ??= []).TryAdd(number, (parameters[i].Value, encoded));
        }
        if (extended is not null)
            return DecodeExtended([(extended, true)]);
        if (segments is not null && segments.ContainsKey(0))
            return DecodeExtended(segments.TakeWhile((segment, index) => segment.Key == index).Select(segment => segment.Value));
        return plain is null ? null : EncodedWord.Decode(plain);
    }

    /// <summary>The file name of a part: disposition's filename, or else the type's name.</summary>
    public static string? FileName(MimePart part) => Find(part.DispositionParameters, "filename") ?? Find(part.Parameters, "name");

    // "*0", "*12*"
    private static bool TryReadSegment(ReadOnlySpan<byte> suffix, out int number, out bool encoded)
    {
        number = 0;
        encoded = suffix[^1] == (byte)'*';
        if (suffix[0] != (byte)'*')
            return false;
        var digits = encoded ? suffix[1..^1] : suffix[1..];
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < MaxSegments;
    }

    // extended-initial-value = [charset] "'" [language] "'" extended-other-values
    private static string DecodeExtended(IEnumerable<(byte[] Value, bool Encoded)> segments)
    {
        var bytes = new ArrayBufferWriter<byte>();
        byte[]? charset = null;
        bool first = true;
        bool anyEncoded = false;
        foreach (var (value, encoded) in segments)
        {
            var rest = value.AsSpan();
            if (first && encoded)
            {
                int quote = rest.IndexOf((byte)'\'');
                int second = quote < 0 ? -1 : rest[(quote + 1)..].IndexOf((byte)'\'');
                if (second >= 0)
                {
                    charset = rest[..quote].ToArray();
                    rest = rest[(quote + second + 2)..];
                }
            }
            first = false;
            anyEncoded |= encoded;
            if (encoded)
                Unescape(rest, bytes);
            else
                bytes.Write(rest);
        }
        if (!anyEncoded)
            return EncodedWord.Decode(bytes.WrittenSpan);
        string text = charset is not null && Charsets.TryGet(charset, out var encoding)
            ? encoding.GetString(bytes.WrittenSpan)
            : Charsets.DecodeUnlabelled(bytes.WrittenSpan);
        return text.Replace("\0", "", StringComparison.Ordinal).ReplaceLineEndings(" ");
    }

    private static void Unescape(ReadOnlySpan<byte> text, ArrayBufferWriter<byte> bytes)
    {
        var target = bytes.GetSpan(text.Length + 1);
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            byte b = text[i];
            if (b == (byte)'%' && i + 2 < text.Length && Hex.TryRead(text[i + 1], text[i + 2], out byte value))
            {
                b = value;
                i += 2;
            }
            target[length++] = b;
        }
        bytes.Advance(length);
    }
}
