using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Mailboxes;

/// <summary>What is known of a mailbox's stored snapshot: which chunks it has, so that those which did not change are not written again.</summary>
internal sealed class MailboxSnapshot
{
    public static readonly MailboxSnapshot None = new(null, 0, 0, []);

    private readonly ModSeq? _base;
    private readonly long _nextChunk;
    private readonly Dictionary<object, SnapshotChunk> _chunks;

    private MailboxSnapshot(ModSeq? known, long modSeq, long nextChunk, Dictionary<object, SnapshotChunk> chunks)
    {
        _base = known;
        ModSeq = modSeq;
        _nextChunk = nextChunk;
        _chunks = chunks;
    }

    /// <summary>The mod-sequence up to which there is a snapshot.</summary>
    public long ModSeq { get; }

    public static MailboxSnapshot Of(LoadedMailbox loaded)
    {
        if (loaded.Snapshot is not { } header || loaded.SnapshotIndex is not { } index)
            return None;
        var chunks = new Dictionary<object, SnapshotChunk>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < index.ChunkCount; i++)
            chunks.Add(index.ChunkIdentity(i), header.Chunks[i]);
        return new MailboxSnapshot(index.HighestModSeq, index.HighestModSeq.Value, header.NextChunk, chunks);
    }

    /// <summary>What has to be written for a state, and what will be known once it is.</summary>
    public (SnapshotWrite Write, MailboxSnapshot Next) Next(MailboxIndex index, IReadOnlyList<CompletedOperation> operations)
    {
        var chunks = new SnapshotChunk[index.ChunkCount];
        var known = new Dictionary<object, SnapshotChunk>(ReferenceEqualityComparer.Instance);
        var fresh = new List<(long Number, byte[] Data)>();
        var next = _nextChunk;
        for (var i = 0; i < chunks.Length; i++)
        {
            if (!_chunks.TryGetValue(index.ChunkIdentity(i), out chunks[i]))
            {
                var data = MailboxIndexCodec.EncodeChunk(index, i);
                chunks[i] = new SnapshotChunk(next++, MailboxIndexCodec.Checksum(data));
                fresh.Add((chunks[i].Number, data));
            }

            known.Add(index.ChunkIdentity(i), chunks[i]);
        }

        var header = new SnapshotHeader(index, chunks, next, operations);
        return (new SnapshotWrite(header, fresh, _base), new MailboxSnapshot(index.HighestModSeq, index.HighestModSeq.Value, next, known));
    }

    /// <summary>Another process has written the snapshot: of its chunks none is known here to be one of ours, so the next one is written in full.</summary>
    public static MailboxSnapshot OfOther(SnapshotHeader? header) =>
        header is null ? None : new MailboxSnapshot(header.Index.HighestModSeq, header.Index.HighestModSeq.Value, header.NextChunk, []);
}
