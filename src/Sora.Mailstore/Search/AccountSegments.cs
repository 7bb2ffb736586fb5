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

    /// <summary>Where each of the contents (ascending, one may come again and again) is that is here.</summary>
    /// <remarks>In one piece for all: what is called for each message is slow until the program has run for some seconds.</remarks>
    public Located Locate(ReadOnlySpan<long> contents)
    {
        if (Contents.Length == 0 || contents.IsEmpty)
            return Located.None;
        var position = FirstFrom(contents, ContentAt(0));
        var end = FirstFrom(contents, ContentAt(Contents.Length - 1) + 1);
        var positions = new int[end - position];
        var documents = new int[positions.Length];
        var count = 0;
        for (var i = 0; i < Contents.Length && position < end; i++)
        {
            var document = Order is null ? i : Order[i];
            var content = Contents[document];
            while (position < end && contents[position] < content)
                position++;
            for (; position < end && contents[position] == content; position++)
            {
                positions[count] = position;
                documents[count++] = document;
            }
        }

        return new Located(positions.AsMemory(0, count), documents.AsMemory(0, count));
    }

    private static int FirstFrom(ReadOnlySpan<long> contents, long content)
    {
        var position = contents.BinarySearch(content);
        if (position < 0)
            return ~position;
        while (position > 0 && contents[position - 1] == content)
            position--;
        return position;
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

/// <summary>The positions of some messages, and for each its document in a segment.</summary>
internal readonly record struct Located(Memory<int> Positions, Memory<int> Documents)
{
    public static Located None { get; } = new(Memory<int>.Empty, Memory<int>.Empty);

    public int Count => Positions.Length;
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
