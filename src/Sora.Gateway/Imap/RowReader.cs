using Sora.Contracts;

namespace Sora.Gateway.Imap;

/// <summary>Reads rows of an index in ascending order of positions, without looking each one up.</summary>
internal ref struct RowReader(MailboxIndex index)
{
    private IndexColumns _columns;
    private int _chunk = -1;
    private int _row;

    public readonly uint Uid => _columns.Uids[_row];

    public readonly long ModSeq => _columns.ModSeqs[_row];

    public readonly ulong Flags => _columns.Flags[_row];

    /// <summary>Goes to a position, which must not be before the last one.</summary>
    public void MoveTo(int position)
    {
        while (_chunk < 0 || position >= _columns.FirstPosition + _columns.Uids.Length)
            _columns = index.Columns(++_chunk);
        _row = position - _columns.FirstPosition;
    }
}
