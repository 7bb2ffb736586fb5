using Sora.Mime;
using Sora.Sieve.Messages;

namespace Sora.Sieve;

/// <summary>
/// A message as scripts see it: its header in memory, its structure, and its bytes on demand. It keeps what it has decoded, so use one object for all runs on
/// the same message, one run at a time.
/// </summary>
public abstract class SieveMessage
{
    private readonly Dictionary<MimePart, HeaderBlock> _partHeaders;
    private readonly PartText _texts;
    private HeaderBlock? _headers;

    /// <summary>A message of which nothing was looked at yet.</summary>
    protected SieveMessage()
    {
        _partHeaders = [];
        _texts = new PartText(this);
    }

    /// <summary>The same message with another header block, and the same <see cref="Root"/>: what was decoded of its parts is known already.</summary>
    protected SieveMessage(SieveMessage same)
    {
        ArgumentNullException.ThrowIfNull(same);
        _partHeaders = same._partHeaders;
        _texts = same._texts;
    }

    /// <summary>Size in bytes as IMAP's RFC822.SIZE.</summary>
    public abstract long Size { get; }

    /// <summary>The header block with the empty line; may be cut after the limit for headers.</summary>
    public abstract ReadOnlyMemory<byte> Header { get; }

    /// <summary><see cref="Header"/> is only the beginning of the header block; such a header is not changed by scripts.</summary>
    public virtual bool HeaderTruncated => false;

    /// <summary>The structure. Its offsets are those of <see cref="ReadAsync"/>.</summary>
    public abstract MimePart Root { get; }

    /// <summary>Reads bytes at an offset; 0 at the end. Fills as much of <paramref name="destination"/> as it likes, at least one byte.</summary>
    public abstract ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken);

    internal HeaderBlock Headers => _headers ??= HeaderBlock.Parse(Header);

    internal PartText Texts => _texts;

    /// <summary>The header of a part (RFC 5703 section 4).</summary>
    internal async ValueTask<HeaderBlock> GetHeadersAsync(MimePart part, int maxBytes, CancellationToken cancellationToken)
    {
        if (ReferenceEquals(part, Root))
            return Headers;
        if (_partHeaders.TryGetValue(part, out var known))
            return known;
        var bytes = new byte[Math.Min(part.BodyStart - part.HeaderStart, maxBytes)];
        var length = 0;
        while (length < bytes.Length)
        {
            var count = await ReadAsync(part.HeaderStart + length, bytes.AsMemory(length), cancellationToken);
            if (count == 0)
                break;
            length += count;
        }

        var headers = HeaderBlock.Parse(bytes.AsMemory(0, length));
        _partHeaders[part] = headers;
        return headers;
    }
}
