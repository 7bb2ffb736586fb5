using Sora.Contracts;
using Sora.Gateway.Imap.Search;

namespace Sora.Gateway.Imap.Sorting;

/// <summary>What the index knows of found messages, as columns: row n belongs to the n-th position.</summary>
internal sealed class MessageColumns
{
    private MessageColumns(int count)
    {
        Contents = new ContentId[count];
        InternalDates = new long[count];
        Sizes = new long[count];
    }

    public ContentId[] Contents { get; }

    /// <summary>Seconds since 1970.</summary>
    public long[] InternalDates { get; }

    public long[] Sizes { get; }

    /// <summary>The columns of an outcome whose positions ascend.</summary>
    public static MessageColumns Of(SearchOutcome found)
    {
        var columns = new MessageColumns(found.Positions.Length);
        if (found.Selected.IsAligned(found.Latest))
            columns.Scan(found.Latest, found.Positions);
        else
            columns.LookUp(found);
        return columns;
    }

    /// <summary>The sent date of RFC 5256 section 2.2: INTERNALDATE where there is no readable Date.</summary>
    public long[] SentDates(long[] dates)
    {
        var sent = new long[dates.Length];
        for (var row = 0; row < sent.Length; row++)
            sent[row] = dates[row] == long.MinValue ? InternalDates[row] : dates[row];
        return sent;
    }

    private void Scan(MailboxIndex index, int[] positions)
    {
        var row = 0;
        for (var chunk = 0; row < positions.Length; chunk++)
        {
            var columns = index.Columns(chunk);
            var end = columns.FirstPosition + columns.Uids.Length;
            for (; row < positions.Length && positions[row] < end; row++)
            {
                var at = positions[row] - columns.FirstPosition;
                Contents[row] = new ContentId(columns.Contents[at]);
                InternalDates[row] = columns.InternalDates[at];
                Sizes[row] = columns.Sizes[at];
            }
        }
    }

    private void LookUp(SearchOutcome found)
    {
        for (var row = 0; row < Contents.Length; row++)
        {
            var message = found.Selected.RowAt(found.Positions[row], found.Latest);
            Contents[row] = message.Content;
            InternalDates[row] = message.InternalDate;
            Sizes[row] = message.Size;
        }
    }
}
