using Sora.Contracts;

namespace Sora.Gateway.Imap.Fetch;

/// <summary>Walks the messages of an index that a UID set names, in runs of neighbouring rows of one chunk.</summary>
internal struct IndexCursor(MailboxIndex index, UidSet uids)
{
    /// <summary>Longest run: what is written for one fits into the pipe before it has to be sent.</summary>
    public const int MaxRun = 512;

    private int _range;
    private int _chunk;
    private int _row;

    public int Chunk { get; private set; }

    public int FromRow { get; private set; }

    public int ToRow { get; private set; }

    public bool Next()
    {
        while (_range < uids.Ranges.Length && _chunk < index.ChunkCount)
        {
            var range = uids.Ranges[_range];
            var rows = index.Columns(_chunk).Uids;
            if (rows[^1] < range.First || _row == rows.Length)
            {
                _chunk++;
                _row = 0;
                continue;
            }

            if (rows[_row] < range.First)
                _row = LowerBound(rows, range.First);
            if (rows[_row] > range.Last)
            {
                _range++;
                continue;
            }

            var end = rows[^1] <= range.Last ? rows.Length : LowerBound(rows, range.Last + 1);
            Chunk = _chunk;
            FromRow = _row;
            ToRow = _row = Math.Min(end, _row + MaxRun);
            return true;
        }

        return false;
    }

    private static int LowerBound(ReadOnlySpan<uint> uids, uint uid)
    {
        var at = uids.BinarySearch(uid);
        return at >= 0 ? at : ~at;
    }
}
