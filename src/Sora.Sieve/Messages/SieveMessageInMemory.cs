using Sora.Mime;

namespace Sora.Sieve;

/// <summary>A message whose bytes are all in memory.</summary>
public sealed class SieveMessageInMemory : SieveMessage
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly Lazy<MimeMessage> _parsed;

    /// <summary>Takes a whole message; it is parsed when first needed.</summary>
    public SieveMessageInMemory(ReadOnlyMemory<byte> bytes, MimeLimits? limits = null)
    {
        _bytes = bytes;
        _parsed = new Lazy<MimeMessage>(() => MimeReader.Parse(_bytes.Span, limits), isThreadSafe: false);
    }

    /// <inheritdoc/>
    public override long Size => _bytes.Length;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Header => _parsed.Value.Header;

    /// <inheritdoc/>
    public override bool HeaderTruncated => _parsed.Value.HeaderTruncated;

    /// <inheritdoc/>
    public override MimePart Root => _parsed.Value.Root;

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (offset >= _bytes.Length)
            return new(0);
        var count = (int)Math.Min(destination.Length, _bytes.Length - offset);
        _bytes.Slice((int)offset, count).CopyTo(destination);
        return new(count);
    }
}
