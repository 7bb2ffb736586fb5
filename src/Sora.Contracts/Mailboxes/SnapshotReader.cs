namespace Sora.Contracts;

/// <summary>Puts an index together out of its snapshot's header and chunks, which come in any order.</summary>
public sealed class SnapshotReader
{
    private readonly SnapshotHeader _header;
    private readonly Dictionary<long, int> _positions;
    private readonly MessageChunk?[] _chunks;

    public SnapshotReader(SnapshotHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        _header = header;
        _positions = new Dictionary<long, int>(header.Chunks.Count);
        for (var i = 0; i < header.Chunks.Count; i++)
        {
            if (!_positions.TryAdd(header.Chunks[i].Number, i))
                throw new InvalidDataException($"Snapshot names chunk {header.Chunks[i].Number} twice");
        }

        _chunks = new MessageChunk?[header.Chunks.Count];
    }

    /// <summary>Adds a chunk; one that the header does not name is passed over.</summary>
    /// <exception cref="InvalidDataException">The chunk is damaged.</exception>
    public void Add(long number, ReadOnlySpan<byte> data)
    {
        if (!_positions.TryGetValue(number, out var position))
            return;
        if (MailboxIndexCodec.Checksum(data) != _header.Chunks[position].Checksum)
            throw new InvalidDataException($"Chunk {number} of a snapshot has a wrong checksum");
        _chunks[position] = MailboxIndexCodec.DecodeChunk(data);
    }

    /// <summary>The index with all its messages.</summary>
    /// <exception cref="InvalidDataException">A chunk was not added, or does not fit its neighbours.</exception>
    public MailboxIndex ToIndex()
    {
        var chunks = new MessageChunk[_chunks.Length];
        for (var i = 0; i < chunks.Length; i++)
        {
            chunks[i] = _chunks[i] ?? throw new InvalidDataException("Snapshot lacks a chunk");
            if (i > 0 && chunks[i].FirstUid <= chunks[i - 1].LastUid)
                throw new InvalidDataException("Chunks of a snapshot overlap");
        }

        var index = _header.Index;
        return MailboxIndex.Restore(
            index.Id, index.UidValidity, index.UidNext, index.HighestModSeq, index.Keywords, index.FirstRecent, index.IsEnded, chunks);
    }
}
