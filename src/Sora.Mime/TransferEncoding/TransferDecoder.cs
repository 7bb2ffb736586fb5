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
    private readonly Base64Decoder? _base64;
    private readonly QuotedPrintableDecoder? _quotedPrintable;
    private readonly UuDecoder? _uuDecoder;

    /// <summary>Creates a decoder; <see cref="TransferEncoding.Unknown"/> passes the bytes through.</summary>
    public TransferDecoder(TransferEncoding encoding)
    {
        Encoding = encoding;
        switch (encoding)
        {
            case TransferEncoding.Base64:
                _base64 = new Base64Decoder();
                break;
            case TransferEncoding.QuotedPrintable:
                _quotedPrintable = new QuotedPrintableDecoder();
                break;
            case TransferEncoding.UuEncode:
                _uuDecoder = new UuDecoder();
                break;
        }
    }

    /// <summary>What is decoded.</summary>
    public TransferEncoding Encoding { get; }

    /// <summary>Whether bytes were met that the encoding does not allow, or the end came too early.</summary>
    public bool HasErrors =>
        (_base64?.HasErrors ?? false) || (_quotedPrintable?.HasErrors ?? false) || (_uuDecoder?.HasErrors ?? false);

    /// <summary>The encoding with that name, any case; null or empty is identity.</summary>
    public static TransferEncoding Parse(string? name) => name?.Trim().ToLowerInvariant() switch
    {
        null or "" or "7bit" or "8bit" or "binary" or "7-bit" or "8-bit" or "7bits" or "8bits" or "none" => TransferEncoding.Identity,
        "base64" or "base-64" => TransferEncoding.Base64,
        "quoted-printable" or "quotedprintable" => TransferEncoding.QuotedPrintable,
        "x-uuencode" or "uuencode" or "x-uue" or "uue" => TransferEncoding.UuEncode,
        _ => TransferEncoding.Unknown,
    };

    /// <summary>Decodes a whole body; false when the encoding is unknown (nothing is written then).</summary>
    public static bool TryDecode(ReadOnlySpan<byte> body, TransferEncoding encoding, IBufferWriter<byte> output)
    {
        if (encoding == TransferEncoding.Unknown)
            return false;
        var decoder = new TransferDecoder(encoding);
        decoder.Decode(body, output);
        decoder.Complete(output);
        return true;
    }

    /// <summary>Decodes the next bytes; they may be cut anywhere.</summary>
    public void Decode(ReadOnlySpan<byte> input, IBufferWriter<byte> output)
    {
        if (_base64 is not null)
            _base64.Decode(input, output);
        else if (_quotedPrintable is not null)
            _quotedPrintable.Decode(input, output);
        else if (_uuDecoder is not null)
            _uuDecoder.Decode(input, output);
        else
            output.Write(input);
    }

    /// <summary>Writes what is still held back at the end of the input.</summary>
    public void Complete(IBufferWriter<byte> output)
    {
        _base64?.Complete(output);
        _quotedPrintable?.Complete(output);
        _uuDecoder?.Complete(output);
    }

    /// <summary>Makes the decoder ready for another body.</summary>
    public void Reset()
    {
        _base64?.Reset();
        _quotedPrintable?.Reset();
        _uuDecoder?.Reset();
    }
}
