using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Search;

/// <summary>A segment as searches see it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Contents">Its documents; 0 where there is none any more.</param>
/// <param name="Order">Documents in the order of their contents; null when they are in it already.</param>
/// <param name="HasPositions">It knows where in documents words stand.</param>
internal sealed record OpenSegment(long Id, long[] Contents, int[]? Order, bool HasPositions)
{
    public static OpenSegment Of(SegmentHead head) =>
        new(head.Id, head.Contents, OrderOf(head.Contents), head.Format >= SegmentFormat.WithPositions);

    /// <summary>Calls <paramref name="take"/> with the position of each of the contents (ascending) that is here, and its document.</summary>
    public void Locate(ReadOnlySpan<long> contents, Action<int, int> take)
    {
        if (Contents.Length == 0 || contents.IsEmpty)
            return;
        var position = contents.BinarySearch(ContentAt(0));
        position = position < 0 ? ~position : position;
        for (var i = 0; i < Contents.Length && position < contents.Length; i++)
        {
            var content = ContentAt(i);
            while (position < contents.Length && contents[position] < content)
                position++;
            if (position < contents.Length && contents[position] == content)
                take(position++, Order is null ? i : Order[i]);
        }
    }

    private static int[]? OrderOf(long[] contents)
    {
        for (var i = 1; i < contents.Length; i++)
        {
            if (contents[i] > contents[i - 1])
                continue;
            var order = new int[contents.Length];
            for (var k = 0; k < order.Length; k++)
                order[k] = k;
            Array.Sort((long[])contents.Clone(), order);
            return order;
        }

        return null;
    }

    private long ContentAt(int place) => Contents[Order is null ? place : Order[place]];
}

/// <summary>Reads segments of accounts and their fields through a cache.</summary>
internal sealed class AccountSegments(SearchStore store, SegmentCache cache)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, long[]> _lists = [];

    /// <summary>How often it is tried again when a segment was merged away between two looks.</summary>
    public const int Attempts = 5;

    /// <summary>The segments that an account has now.</summary>
    public async ValueTask<List<OpenSegment>> ListAsync(AccountId account, CancellationToken cancellationToken)
    {
        // What was there the last time is not sent again
        long[]? last;
        lock (_lock)
            _lists.TryGetValue(account.Value, out last);
        var known = new Dictionary<long, OpenSegment>();
        foreach (var id in last ?? [])
        {
            if (cache.Find<OpenSegment>(id, field: null) is { } segment)
                known.Add(id, segment);
        }

        var list = new List<OpenSegment>();
        foreach (var head in await store.ListAsync(account, [.. known.Keys], cancellationToken))
        {
            if (!known.TryGetValue(head.Id, out var segment))
            {
                segment = OpenSegment.Of(head);
                cache.Add(head.Id, field: null, segment, (12L * head.Contents.Length) + 100);
            }

            list.Add(segment);
        }

        list.Sort(static (left, right) => left.Id.CompareTo(right.Id));
        Remember(account.Value, [.. list.Select(static segment => segment.Id)]);
        return list;
    }

    /// <summary>
    /// Makes sure that fields of segments are at hand, as <typeparamref name="T"/>; false when one of them was merged away.
    /// </summary>
    public async ValueTask<bool> LoadAsync<T>(
        IReadOnlyList<OpenSegment> segments,
        SegmentField field,
        Func<LoadedField, OpenSegment, (T Value, long Size)> decode,
        Dictionary<(long Segment, SegmentField Field), T> loaded,
        CancellationToken cancellationToken)
        where T : class
    {
        var missing = new Dictionary<long, OpenSegment>();
        foreach (var segment in segments)
        {
            if (loaded.ContainsKey((segment.Id, field)))
                continue;
            if (cache.Find<T>(segment.Id, field) is { } value)
                loaded.Add((segment.Id, field), value);
            else
                missing.Add(segment.Id, segment);
        }

        if (missing.Count == 0)
            return true;
        var read = await store.ReadFieldsAsync([.. missing.Keys.Select(id => (id, field))], cancellationToken);
        foreach (var data in read)
        {
            var (value, size) = decode(data, missing[data.Segment]);
            cache.Add(data.Segment, field, value, size + 100);
            loaded.Add((data.Segment, field), value);
        }

        return read.Count == missing.Count;
    }

    private void Remember(long account, long[] segments)
    {
        const int Most = 10_000;
        lock (_lock)
        {
            if (_lists.Count >= Most)
                _lists.Clear();
            _lists[account] = segments;
        }
    }
}
