using Sora.Contracts;
using Sora.Mime;

namespace Sora.Mailstore.Search;

/// <summary>Computes the keys of messages from what the store keeps of them, each time anew.</summary>
public sealed class DirectMessageKeys(IMessageStore store) : IMessageKeys
{
    private const int BatchSize = 500;

    // References in a header that is longer than what the store keeps beside the body is looked for in its first part
    private const int LongestHeader = 1024 * 1024;

    private static readonly SortKeys None = new();

    /// <inheritdoc/>
    public async ValueTask<MessageKeys> ReadAsync(
        AccountId account, ReadOnlyMemory<ContentId> contents, MessageKeyParts parts, CancellationToken cancellationToken)
    {
        var columns = new MessageKeysBuilder(contents.Length, parts);
        var withHeader = (parts & MessageKeyParts.Thread) != MessageKeyParts.None;
        for (var from = 0; from < contents.Length; from += BatchSize)
        {
            var batch = contents.Slice(from, Math.Min(BatchSize, contents.Length - from));
            var keys = await ReadAsync(batch, withHeader, cancellationToken);
            for (var i = 0; i < keys.Length; i++)
                columns.Set(from + i, keys[i]);
        }

        return columns.Keys;
    }

    /// <summary>The keys of contents, in their order.</summary>
    /// <exception cref="BodyUnavailableException">A message that had to be read cannot be.</exception>
    internal async ValueTask<SortKeys[]> ReadAsync(ReadOnlyMemory<ContentId> contents, bool withHeader, CancellationToken cancellationToken)
    {
        var wanted = withHeader ? ContentParts.Envelope | ContentParts.Header : ContentParts.Envelope;
        var read = await store.ReadAsync(contents, wanted, cancellationToken);
        var keys = new SortKeys[contents.Length];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = read[i] is { } content ? await OfAsync(content, withHeader, cancellationToken) : None;
        return keys;
    }

    private async ValueTask<SortKeys> OfAsync(MessageContent content, bool withHeader, CancellationToken cancellationToken)
    {
        if (!Envelope.TryDeserialize(content.Envelope.GetValueOrDefault().Span, out var envelope))
            throw new BodyUnavailableException($"Envelope of content {content.Id} is damaged", temporary: false);
        if (!withHeader)
            return SortKeys.Of(envelope, default);
        var header = content.Header ?? await ReadHeaderAsync(content, cancellationToken);
        return SortKeys.Of(envelope, header.Span);
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadHeaderAsync(MessageContent content, CancellationToken cancellationToken)
    {
        await using var body = await store.OpenAsync(content, cancellationToken);
        var header = new byte[(int)Math.Min(LongestHeader, body.Length)];
        var length = 0;
        while (length < header.Length && await body.ReadAsync(length, header.AsMemory(length), cancellationToken) is > 0 and var read)
            length += read;
        return header.AsMemory(0, length);
    }
}
