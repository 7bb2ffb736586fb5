using Sora.Mime;

namespace Sora.Sieve.Messages;

/// <summary>
/// A part as an included script sees it: as though it were the entire message (RFC 6609 section 3.5). It is not changed, since what would become of it is no message.
/// </summary>
internal sealed class PartMessage(ReadOnlyMemory<byte> bytes) : SieveMessage
{
    private readonly SieveMessageInMemory _message = new(bytes);

    public override long Size => _message.Size;

    public override ReadOnlyMemory<byte> Header => _message.Header;

    public override bool HeaderTruncated => true;

    public override MimePart Root => _message.Root;

    public override ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        _message.ReadAsync(offset, destination, cancellationToken);

    /// <summary>Reads a part, up to a limit.</summary>
    public static async ValueTask<PartMessage> ReadAsync(SieveMessage message, MimePart part, int maxBytes, CancellationToken cancellationToken)
    {
        var bytes = new byte[Math.Min(part.End - part.HeaderStart, maxBytes)];
        var length = 0;
        while (length < bytes.Length)
        {
            var count = await message.ReadAsync(part.HeaderStart + length, bytes.AsMemory(length), cancellationToken);
            if (count == 0)
                break;
            length += count;
        }

        return new PartMessage(bytes.AsMemory(0, length));
    }
}
