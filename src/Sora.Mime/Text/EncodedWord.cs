using System.Buffers;
using System.Text;

namespace Sora.Mime;

/// <summary>Decodes header text (RFC 2047).</summary>
public static class EncodedWord
{
    // RFC 2047 allows 75 bytes for a whole word; a charset's name alone may well be wrong but not longer than this
    private const int LongestCharset = 80;

    /// <summary>
    /// Decodes unstructured header text: encoded-words, raw UTF-8 and other raw 8-bit text; unfolds. Encoded-words side by side
    /// that share a charset are decoded together, so that a character may be cut between them. An unknown charset is read as
    /// unlabelled text. The result has no NUL, CR or LF. Never throws.
    /// </summary>
    public static string Decode(ReadOnlySpan<byte> text)
    {
        if (text.IndexOfAny((byte)'\r', (byte)'\n', (byte)0) >= 0)
            text = HeaderValue.Unfold(text);
        return text.IndexOf("=?"u8) < 0 ? Charsets.DecodeUnlabelled(text) : DecodeWords(text);
    }

    private static string DecodeWords(ReadOnlySpan<byte> text)
    {
        var result = new StringBuilder(text.Length);
        var bytes = new ArrayBufferWriter<byte>();
        ReadOnlySpan<byte> charset = default;
        int plainFrom = 0;
        int at = 0;
        while (true)
        {
            int open = text[at..].IndexOf("=?"u8);
            if (open < 0)
                break;
            open += at;
            if (!TryReadWord(text[open..], out var wordCharset, out byte encoding, out var encoded, out int length, out bool endless))
            {
                if (endless)
                    break;
                at = open + 2;
                continue;
            }
            var between = text[plainFrom..open];
            bool adjacent = bytes.WrittenCount > 0 && between.TrimStart(" \t"u8).IsEmpty;
            if (!adjacent || !Ascii.EqualsIgnoreCase(charset, wordCharset))
            {
                Flush(result, bytes, charset);
                if (!adjacent)
                    result.Append(Charsets.DecodeUnlabelled(between));
            }
            charset = wordCharset;
            DecodeText(encoded, encoding, bytes);
            at = plainFrom = open + length;
        }
        Flush(result, bytes, charset);
        result.Append(Charsets.DecodeUnlabelled(text[plainFrom..]));
        return result.ToString();
    }

    // encoded-word = "=?" charset "?" encoding "?" encoded-text "?="; "endless": there is no "?=" in the rest at all
    private static bool TryReadWord(
        ReadOnlySpan<byte> text, out ReadOnlySpan<byte> charset, out byte encoding, out ReadOnlySpan<byte> encoded, out int length,
        out bool endless)
    {
        charset = encoded = default;
        encoding = 0;
        length = 0;
        endless = false;
        var rest = text[2..];
        int mark = rest[..Math.Min(rest.Length, LongestCharset)].IndexOf((byte)'?');
        if (mark <= 0 || mark + 2 >= rest.Length || rest[mark + 2] != (byte)'?' || rest[..mark].IndexOfAny(" \t=\""u8) >= 0)
            return false;
        encoding = (byte)(rest[mark + 1] | 0x20);
        if (encoding is not ((byte)'b' or (byte)'q'))
            return false;
        charset = rest[..mark];
        // RFC 2231 section 5: a language may follow the charset
        int language = charset.IndexOf((byte)'*');
        if (language > 0)
            charset = charset[..language];
        rest = rest[(mark + 3)..];
        int end = rest.IndexOf("?="u8);
        endless = end < 0;
        if (endless)
            return false;
        encoded = rest[..end];
        length = 2 + mark + 3 + end + 2;
        return true;
    }

    private static void DecodeText(ReadOnlySpan<byte> encoded, byte encoding, ArrayBufferWriter<byte> bytes)
    {
        if (encoding == (byte)'b')
        {
            TransferDecoder.TryDecode(encoded, TransferEncoding.Base64, bytes);
            return;
        }
        var target = bytes.GetSpan(encoded.Length + 1);
        int length = 0;
        for (int i = 0; i < encoded.Length; i++)
        {
            byte b = encoded[i];
            if (b == (byte)'_')
            {
                b = (byte)' ';
            }
            else if (b == (byte)'=' && i + 2 < encoded.Length && Hex.TryRead(encoded[i + 1], encoded[i + 2], out byte value))
            {
                b = value;
                i += 2;
            }
            target[length++] = b;
        }
        bytes.Advance(length);
    }

    private static void Flush(StringBuilder result, ArrayBufferWriter<byte> bytes, ReadOnlySpan<byte> charset)
    {
        if (bytes.WrittenCount == 0)
            return;
        var written = bytes.WrittenSpan;
        int from = result.Length;
        // Words that claim plain ASCII and are not
        bool labelled = Charsets.TryGet(charset, out var found) && !(found is ASCIIEncoding && !Ascii.IsValid(written));
        result.Append(labelled ? found!.GetString(written) : Charsets.DecodeUnlabelled(written));
        result.Replace('\r', ' ', from, result.Length - from).Replace('\n', ' ', from, result.Length - from);
        result.Replace("\0", "", from, result.Length - from);
        bytes.ResetWrittenCount();
    }
}
