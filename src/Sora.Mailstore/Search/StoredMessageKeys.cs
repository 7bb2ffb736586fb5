using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Search;

/// <summary>The keys of messages out of the columns of the account's segments; those of messages that are not indexed yet are computed.</summary>
internal sealed class StoredMessageKeys(AccountSegments segments, DirectMessageKeys direct) : IMessageKeys
{
    private const MessageKeyParts DateParts = MessageKeyParts.SentDate | MessageKeyParts.SentDay;
    private const MessageKeyParts TextParts = MessageKeyParts.Subject | MessageKeyParts.From | MessageKeyParts.To | MessageKeyParts.Cc
        | MessageKeyParts.DisplayFrom | MessageKeyParts.DisplayTo;
    private const MessageKeyParts ThreadParts = MessageKeyParts.Thread | MessageKeyParts.Conversation;

    /// <inheritdoc/>
    public async ValueTask<MessageKeys> ReadAsync(
        AccountId account, ReadOnlyMemory<ContentId> contents, MessageKeyParts parts, CancellationToken cancellationToken)
    {
        var order = Ordered(contents.Span, out var sorted);
        for (var attempt = 0; attempt < AccountSegments.Attempts; attempt++)
        {
            var columns = new MessageKeysBuilder(contents.Length, parts);
            if (await TryReadAsync(account, sorted, order, parts, columns, cancellationToken) is not { } missing)
                continue;
            await ComputeAsync(contents, missing, parts, columns, cancellationToken);
            return columns.Keys;
        }

        return await direct.ReadAsync(account, contents, parts, cancellationToken);
    }

    // Positions in the order of their contents; null when they are in it already
    private static int[]? Ordered(ReadOnlySpan<ContentId> contents, out long[] sorted)
    {
        sorted = new long[contents.Length];
        var isSorted = true;
        for (var i = 0; i < sorted.Length; i++)
        {
            sorted[i] = contents[i].Value;
            isSorted &= i == 0 || sorted[i] > sorted[i - 1];
        }

        if (isSorted)
            return null;
        var order = new int[sorted.Length];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        Array.Sort(sorted, order);
        return order;
    }

    // Fills the columns and gives the positions of what no segment has; null when a segment was merged away meanwhile
    private async ValueTask<List<int>?> TryReadAsync(
        AccountId account, long[] sorted, int[]? order, MessageKeyParts parts, MessageKeysBuilder columns, CancellationToken cancellationToken)
    {
        var open = await segments.ListAsync(account, cancellationToken);
        var places = new (int Segment, int Document)[sorted.Length];
        Array.Fill(places, (-1, -1));
        var used = new List<OpenSegment>();
        foreach (var segment in open)
        {
            var number = used.Count;
            var isUsed = false;
            segment.Locate(sorted, (position, document) =>
            {
                places[position] = (number, document);
                isUsed = true;
            });
            if (isUsed)
                used.Add(segment);
        }

        SpreadRepeated(sorted, places);
        var placed = new Placed(used, places, order);
        if (((parts & DateParts) != MessageKeyParts.None
                && !await FillAsync(placed, SegmentField.Dates, static (data, _) => (new DateColumn(data.Words), data.Words.Length), columns.SetDates, cancellationToken))
            || ((parts & TextParts) != MessageKeyParts.None
                && !await FillAsync(placed, SegmentField.Texts, DecodeTexts, columns.SetTexts, cancellationToken))
            || ((parts & ThreadParts) != MessageKeyParts.None
                && !await FillAsync(placed, SegmentField.Threads, DecodeThreads, columns.SetThread, cancellationToken)))
            return null;
        var missing = new List<int>();
        for (var i = 0; i < places.Length; i++)
        {
            if (places[i].Segment < 0)
                missing.Add(order is null ? i : order[i]);
        }

        return missing;
    }

    // A content may be in a mailbox more than once
    private static void SpreadRepeated(long[] sorted, (int Segment, int Document)[] places)
    {
        for (var i = 1; i < sorted.Length; i++)
        {
            if (sorted[i] == sorted[i - 1])
                places[i] = places[i - 1];
        }
    }

    private static (TextColumns Value, long Size) DecodeTexts(LoadedField data, OpenSegment segment)
    {
        var columns = new TextColumns(data.Words);
        return (columns, columns.Size);
    }

    private static (ThreadColumn Value, long Size) DecodeThreads(LoadedField data, OpenSegment segment)
    {
        var column = new ThreadColumn(data.Words, segment.Contents.Length);
        return (column, column.Size);
    }

    // Takes a column of all segments; false when one of these was merged away meanwhile
    private async ValueTask<bool> FillAsync<T>(
        Placed placed,
        SegmentField field,
        Func<LoadedField, OpenSegment, (T Value, long Size)> decode,
        Action<int, T, int> set,
        CancellationToken cancellationToken)
        where T : class
    {
        var loaded = new Dictionary<(long, SegmentField), T>();
        if (!await segments.LoadAsync(placed.Segments, field, decode, loaded, cancellationToken))
            return false;
        var columns = placed.Segments.ConvertAll(segment => loaded[(segment.Id, field)]);
        for (var i = 0; i < placed.Places.Length; i++)
        {
            var (segment, document) = placed.Places[i];
            if (segment >= 0)
                set(placed.Order is null ? i : placed.Order[i], columns[segment], document);
        }

        return true;
    }

    private async ValueTask ComputeAsync(
        ReadOnlyMemory<ContentId> contents, List<int> missing, MessageKeyParts parts, MessageKeysBuilder columns, CancellationToken cancellationToken)
    {
        if (missing.Count == 0)
            return;
        var ids = new ContentId[missing.Count];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = contents.Span[missing[i]];
        await direct.ReadAsync(ids, parts, (i, keys) => columns.Set(missing[i], keys), cancellationToken);
    }

    /// <summary>Where messages are: for each its segment, -1 for none, and its document; and the order they were asked for in.</summary>
    private readonly record struct Placed(List<OpenSegment> Segments, (int Segment, int Document)[] Places, int[]? Order);
}
