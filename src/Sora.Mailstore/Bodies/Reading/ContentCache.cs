using Sora.Contracts;

namespace Sora.Mailstore.Bodies.Reading;

/// <summary>Contents that were read lately, up to a number of bytes. They never change, so nothing has to be told to it.</summary>
internal sealed class ContentCache(long capacity)
{
    /// <summary>What an entry costs beside its bytes, roughly.</summary>
    private const int Overhead = 320;

    private readonly Lock _lock = new();
    private readonly Dictionary<ContentId, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _recent = new();

    /// <summary>Bytes kept; never more than the capacity.</summary>
    public long Size { get; private set; }

    /// <summary>Fills <paramref name="found"/> with what is there, and gives the positions of what is not.</summary>
    public List<int> Find(ReadOnlySpan<ContentId> ids, ContentParts parts, Span<MessageContent?> found)
    {
        var missing = new List<int>();
        lock (_lock)
        {
            for (var i = 0; i < ids.Length; i++)
            {
                if (_entries.TryGetValue(ids[i], out var node) && (node.Value.Parts & parts) == parts)
                {
                    _recent.Remove(node);
                    _recent.AddFirst(node);
                    found[i] = Only(node.Value, parts);
                }
                else
                {
                    missing.Add(i);
                }
            }
        }

        return missing;
    }

    /// <summary>Keeps a content that was read with these parts, together with those that are known of it already.</summary>
    public void Add(MessageContent content, ContentParts parts)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(content.Id, out var known))
            {
                (content, parts) = Join(known.Value, content, parts);
                Remove(known);
            }

            var entry = new Entry(content, parts, Overhead + Length(content));
            if (entry.Size > capacity)
                return;
            while (Size + entry.Size > capacity)
                Remove(_recent.Last!);
            _entries.Add(content.Id, _recent.AddFirst(entry));
            Size += entry.Size;
        }
    }

    private static (MessageContent Content, ContentParts Parts) Join(Entry known, MessageContent content, ContentParts parts)
    {
        var joined = content with
        {
            Header = Has(parts, ContentParts.Header) ? content.Header : known.Content.Header,
            Envelope = Has(parts, ContentParts.Envelope) ? content.Envelope : known.Content.Envelope,
            Structure = Has(parts, ContentParts.Structure) ? content.Structure : known.Content.Structure,
        };
        return (joined, known.Parts | parts);
    }

    private static MessageContent Only(Entry entry, ContentParts parts) => entry.Parts == parts
        ? entry.Content
        : entry.Content with
        {
            Header = Has(parts, ContentParts.Header) ? entry.Content.Header : null,
            Envelope = Has(parts, ContentParts.Envelope) ? entry.Content.Envelope : null,
            Structure = Has(parts, ContentParts.Structure) ? entry.Content.Structure : null,
        };

    private static bool Has(ContentParts parts, ContentParts part) => (parts & part) != ContentParts.None;

    private static long Length(MessageContent content) =>
        content.Prefix.Length + (content.Header?.Length ?? 0) + (content.Envelope?.Length ?? 0) + (content.Structure?.Length ?? 0);

    private void Remove(LinkedListNode<Entry> node)
    {
        _recent.Remove(node);
        _entries.Remove(node.Value.Content.Id);
        Size -= node.Value.Size;
    }

    private readonly record struct Entry(MessageContent Content, ContentParts Parts, long Size);
}
