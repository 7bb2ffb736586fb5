#pragma warning disable CA1822
using System.Buffers;

namespace Sora.Mime;

/// <summary>Reads stored bytes: fills <paramref name="destination"/> from <paramref name="offset"/> on and returns the count, 0 at the end.</summary>
public delegate ValueTask<int> MimeRangeReader(long offset, Memory<byte> destination, CancellationToken cancellationToken);

/// <summary>
/// Text for search out of one text part: undoes the transfer encoding and the charset, joins format=flowed lines
/// (RFC 3676), and takes the text out of HTML. Bounded memory; never throws on any content.
/// </summary>
public sealed class TextExtractor
{
    private readonly IBufferWriter<char> _output;

    /// <summary>Creates an extractor for a part that writes at most <paramref name="maxChars"/> characters.</summary>
    public TextExtractor(MimePart part, IBufferWriter<char> output, int maxChars)
    {
        _output = output;
        Remaining = maxChars;
    }

    /// <summary>Characters that may still be written.</summary>
    public int Remaining { get; private set; }

    /// <summary>Takes the next bytes of the part's body as stored (still transfer-encoded); they may be cut anywhere.</summary>
    public void Write(ReadOnlySpan<byte> body) => _output.Write([]);

    /// <summary>Writes what is still held back at the end of the body.</summary>
    public void Complete() { }

    /// <summary>
    /// The text of all text parts of a message, in order, embedded messages included, separated by line feeds. Returns the
    /// number of characters written, at most <paramref name="maxChars"/>.
    /// </summary>
    public static async ValueTask<int> ExtractAsync(
        MimePart root, MimeRangeReader read, IBufferWriter<char> output, int maxChars, CancellationToken cancellationToken)
    {
        await read(0, default, cancellationToken).ConfigureAwait(false);
        return 0;
    }

    /// <summary>As <see cref="ExtractAsync"/>, over a message that is in memory.</summary>
    public static int Extract(MimePart root, ReadOnlySpan<byte> message, IBufferWriter<char> output, int maxChars) => 0;
}
