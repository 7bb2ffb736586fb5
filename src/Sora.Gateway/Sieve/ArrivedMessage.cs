using Sora.Contracts;
using Sora.Mime;
using Sora.Sieve;

namespace Sora.Gateway.Sieve;

/// <summary>
/// An arrived message as the scripts of one recipient see it: with the trace fields that it gets on delivery before its own header, and its bytes as they are
/// staged, in memory or in a file. What was decoded of its parts serves the next recipient too.
/// </summary>
internal sealed class ArrivedMessage : SieveMessage
{
    private readonly IngestedMessage _message;
    private readonly ArrivedMessage? _first;
    private readonly byte[] _header;
    private MimePart? _root;

    public ArrivedMessage(IngestedMessage message, byte[] traceFields)
    {
        _message = message;
        _header = [.. traceFields, .. message.Header.Span];
    }

    private ArrivedMessage(ArrivedMessage same, byte[] traceFields)
        : base(same)
    {
        _message = same._message;
        _first = same._first ?? same;
        _header = [.. traceFields, .. same._message.Header.Span];
    }

    /// <inheritdoc/>
    public override long Size => _message.Size;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Header => _header;

    /// <inheritdoc/>
    public override bool HeaderTruncated => _message.HeaderTruncated;

    /// <inheritdoc/>
    public override MimePart Root => _first?.Root ?? (_root ??= MimeMessage.DeserializeStructure(_message.Structure.Span));

    /// <summary>The same message for another recipient.</summary>
    public ArrivedMessage For(byte[] traceFields) => new(this, traceFields);

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        _message.ReadAsync(offset, destination, cancellationToken);
}
