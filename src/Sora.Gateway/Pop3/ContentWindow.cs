using Sora.Contracts;

namespace Sora.Gateway.Pop3;

/// <summary>
/// What the store knows of messages beside their bodies. Clients take one message after the other, so a few of the next ones are read at once.
/// </summary>
internal sealed class ContentWindow(IMessageStore messages)
{
    private const int Size = 16;

    private IReadOnlyList<MessageContent?> _contents = [];
    private int _first;
    private ContentParts _parts;

    /// <summary>The content of a message; null when it is no longer stored.</summary>
    public async ValueTask<MessageContent?> ReadAsync(Maildrop maildrop, int number, ContentParts parts, CancellationToken cancellationToken)
    {
        if (number >= _first && number < _first + _contents.Count && (parts & ~_parts) == ContentParts.None)
            return _contents[number - _first];
        var ids = new ContentId[Math.Min(Size, maildrop.Count - number + 1)];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = maildrop[number + i].Content;
        _contents = [];
        _contents = await messages.ReadAsync(ids, parts, cancellationToken);
        (_first, _parts) = (number, parts);
        return _contents[0];
    }
}
