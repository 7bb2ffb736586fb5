using Sora.Contracts;
using Sora.Gateway.Imap.Responses;

namespace Sora.Gateway.Imap.Fetch;

/// <summary>Writes UID, FLAGS and MODSEQ of many messages out of the index's columns, with nothing allocated for a message.</summary>
internal sealed class FlagScan(
    ImapConnection connection, MailboxIndex latest, bool withUid, bool withFlags, bool withModSeq, ModSeq? changedSince)
{
    public async ValueTask WriteAsync(UidSet uids)
    {
        var view = connection.Selected.View;
        if (view.Count == 0)
            return;
        var isAligned = connection.Selected.IsAligned(latest);
        var known = uids.Intersect(UidSet.Range(1, view.UidAt(view.Count - 1)));
        var cursor = new IndexCursor(isAligned ? latest : view, known);
        while (cursor.Next())
        {
            if (isAligned)
                WriteRun(cursor);
            else
                WriteRunOfOlderView(cursor);
            if (connection.Writer.ShouldFlush)
                await connection.Writer.FlushAsync().ConfigureAwait(false);
        }
    }

    private void WriteRun(IndexCursor cursor)
    {
        var columns = latest.Columns(cursor.Chunk);
        for (var row = cursor.FromRow; row < cursor.ToRow; row++)
            Write(columns.FirstPosition + row + 1, columns.Uids[row], columns.ModSeqs[row], columns.Flags[row]);
    }

    // Others have expunged messages that this client still counts: look each one up.
    private void WriteRunOfOlderView(IndexCursor cursor)
    {
        var first = connection.Selected.View.Columns(cursor.Chunk).FirstPosition;
        for (var position = first + cursor.FromRow; position < first + cursor.ToRow; position++)
        {
            var row = connection.Selected.RowAt(position, latest);
            Write(position + 1, row.Uid, row.ModSeq, row.Flags);
        }
    }

    private void Write(int number, uint uid, long modSeq, ulong flags)
    {
        if (changedSince is { } since && modSeq <= since.Value)
            return;
        var selected = connection.Selected;
        if (withModSeq)
            connection.ModSeqTold(modSeq);
        var isRecent = withFlags && selected.TracksRecent && selected.Recent.Contains(uid);
        var uidOnly = connection.Session.UidOnly;
        FlagFetch.Write(connection.Writer.Output, number, uid, modSeq, flags, latest.Keywords, withUid, withFlags, withModSeq, isRecent, uidOnly);
    }
}
