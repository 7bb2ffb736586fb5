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
        var sorted = ContentOrder.Sort(contents.Span, out var order);
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

    // Fills the columns and gives the positions of what no segment has; null when a segment was merged away meanwhile
    private async ValueTask<List<int>?> TryReadAsync(
        AccountId account, long[] sorted, int[]? order, MessageKeyParts parts, MessageKeysBuilder columns, CancellationToken cancellationToken)
    {
        var used = new List<(OpenSegment Segment, Located Located)>();
        var isPlaced = new bool[sorted.Length];
        foreach (var segment in await segments.ListAsync(account, cancellationToken))
        {
            var located = segment.Locate(sorted);
            if (located.Count == 0)
                continue;
            Place(located, order, isPlaced);
            used.Add((segment, located));
        }

        if (((parts & DateParts) != MessageKeyParts.None
                && !await FillAsync(used, SegmentField.Dates, static (data, _) => (new DateColumn(data.Words), data.Words.Length), columns.SetDates, cancellationToken))
            || ((parts & TextParts) != MessageKeyParts.None
                && !await FillAsync(used, SegmentField.Texts, DecodeTexts, columns.SetTexts, cancellationToken))
            || ((parts & ThreadParts) != MessageKeyParts.None
                && !await FillAsync(used, SegmentField.Threads, DecodeThreads, columns.SetThread, cancellationToken)))
            return null;
        var missing = new List<int>();
        for (var i = 0; i < isPlaced.Length; i++)
        {
            if (!isPlaced[i])
                missing.Add(i);
        }

        return missing;
    }

    // Positions become those that were asked for
    private static void Place(Located located, int[]? order, bool[] isPlaced)
    {
        var positions = located.Positions.Span;
        for (var i = 0; i < positions.Length; i++)
        {
            if (order is not null)
                positions[i] = order[positions[i]];
            isPlaced[positions[i]] = true;
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
        List<(OpenSegment Segment, Located Located)> used,
        SegmentField field,
        Func<LoadedField, OpenSegment, (T Value, long Size)> decode,
        Action<Located, T> set,
        CancellationToken cancellationToken)
        where T : class
    {
        var loaded = new Dictionary<(long, SegmentField), T>();
        if (!await segments.LoadAsync(used.ConvertAll(static pair => pair.Segment), field, decode, loaded, cancellationToken))
            return false;
        foreach (var (segment, located) in used)
            set(located, loaded[(segment.Id, field)]);
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
}
