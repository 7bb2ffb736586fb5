using Sora.Contracts;

namespace Sora.Mailstore.Relay;

/// <summary>The bytes of a request, prefix and rest as one.</summary>
internal sealed class RelaySource(RelayRequest request)
{
    private ReadOnlyMemory<byte> _prefix = request.Prefix;

    /// <summary>Fills the buffer; less than its length only at the end of the message.</summary>
    public async ValueTask<int> FillAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var filled = Math.Min(_prefix.Length, buffer.Length);
        _prefix[..filled].CopyTo(buffer);
        _prefix = _prefix[filled..];
        while (filled < buffer.Length && request.Rest is { } rest && await rest(buffer[filled..], cancellationToken) is > 0 and var read)
            filled += read;
        return filled;
    }
}
