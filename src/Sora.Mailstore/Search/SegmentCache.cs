namespace Sora.Mailstore.Search;

/// <summary>
/// Parts of the index that were used lately, up to a number of bytes. A segment never changes under its number, so nothing has to be told to it. One
/// entry may be larger than everything that may be kept; it is then not kept.
/// </summary>
internal sealed class SegmentCache(long capacity, TimeSpan idle, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Key, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _recent = new();

    /// <summary>Bytes kept; never more than the capacity.</summary>
    public long Size { get; private set; }

    /// <summary>A field of a segment as it was kept; null when it is not there. <paramref name="field"/> null is the list of contents.</summary>
    public T? Find<T>(long segment, SegmentField? field)
        where T : class
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(new Key(segment, field), out var node))
                return null;
            _recent.Remove(node);
            _recent.AddFirst(node);
            node.Value = node.Value with { Used = time.GetTimestamp() };
            return (T)node.Value.Value;
        }
    }

    public void Add(long segment, SegmentField? field, object value, long size)
    {
        lock (_lock)
        {
            var key = new Key(segment, field);
            if (size > capacity || _entries.ContainsKey(key))
                return;
            while (Size + size > capacity)
                Remove(_recent.Last!);
            _entries.Add(key, _recent.AddFirst(new Entry(key, value, size, time.GetTimestamp())));
            Size += size;
        }
    }

    /// <summary>Lets go of what was not used for long.</summary>
    public void Trim()
    {
        lock (_lock)
        {
            while (_recent.Last is { } last && time.GetElapsedTime(last.Value.Used) > idle)
                Remove(last);
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _recent.Remove(node);
        _entries.Remove(node.Value.Key);
        Size -= node.Value.Size;
    }

    private readonly record struct Key(long Segment, SegmentField? Field);

    private readonly record struct Entry(Key Key, object Value, long Size, long Used);
}
