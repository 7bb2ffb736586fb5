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
        await ReadAsync(contents, parts, columns.Set, cancellationToken);
        return columns.Keys;
    }

    /// <summary>Calls <paramref name="take"/> with the position and the keys of each of the contents.</summary>
    /// <exception cref="BodyUnavailableException">A message that had to be read cannot be.</exception>
    internal async ValueTask ReadAsync(
        ReadOnlyMemory<ContentId> contents, MessageKeyParts parts, Action<int, SortKeys> take, CancellationToken cancellationToken)
    {
        var withHeader = (parts & (MessageKeyParts.Thread | MessageKeyParts.Conversation)) != MessageKeyParts.None;
        var wanted = withHeader ? ContentParts.Envelope | ContentParts.Header : ContentParts.Envelope;
        for (var from = 0; from < contents.Length; from += BatchSize)
        {
            var batch = await store.ReadAsync(contents.Slice(from, Math.Min(BatchSize, contents.Length - from)), wanted, cancellationToken);
            for (var i = 0; i < batch.Count; i++)
                take(from + i, batch[i] is { } content ? await OfAsync(content, withHeader, cancellationToken) : None);
        }
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
