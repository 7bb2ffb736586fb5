#if ORLEANS
namespace Sora.Contracts;

// How the state of a mailbox travels between nodes: in the same bytes as it is stored, so that one format is tested and kept compatible.
// Within a node nothing is copied: the types are immutable and say so.

/// <summary>A record of a mailbox's log on the wire.</summary>
[GenerateSerializer, Alias("sora.MailboxDelta"), Immutable]
internal readonly record struct MailboxDeltaSurrogate([property: Id(0)] byte[] Record);

[RegisterConverter]
internal sealed class MailboxDeltaConverter : IConverter<MailboxDelta, MailboxDeltaSurrogate>
{
    public MailboxDelta ConvertFromSurrogate(in MailboxDeltaSurrogate surrogate) => MailboxDeltaCodec.Decode(surrogate.Record);

    public MailboxDeltaSurrogate ConvertToSurrogate(in MailboxDelta value) => new(MailboxDeltaCodec.Encode(value));
}

/// <summary>An index on the wire: the header and the chunks of a snapshot.</summary>
[GenerateSerializer, Alias("sora.MailboxIndex"), Immutable]
internal readonly record struct MailboxIndexSurrogate(
    [property: Id(0)] MailboxId Id,
    [property: Id(1)] UidValidity UidValidity,
    [property: Id(2)] byte[] Header,
    [property: Id(3)] byte[][] Chunks);

[RegisterConverter]
internal sealed class MailboxIndexConverter : IConverter<MailboxIndex, MailboxIndexSurrogate>
{
    public MailboxIndex ConvertFromSurrogate(in MailboxIndexSurrogate surrogate)
    {
        var header = MailboxIndexCodec.DecodeHeader(surrogate.Id, surrogate.UidValidity, surrogate.Header);
        var reader = new SnapshotReader(header);
        for (var i = 0; i < surrogate.Chunks.Length; i++)
            reader.Add(header.Chunks[i].Number, surrogate.Chunks[i]);
        return reader.ToIndex();
    }

    public MailboxIndexSurrogate ConvertToSurrogate(in MailboxIndex value)
    {
        var chunks = new byte[value.ChunkCount][];
        var names = new SnapshotChunk[chunks.Length];
        for (var i = 0; i < chunks.Length; i++)
        {
            chunks[i] = MailboxIndexCodec.EncodeChunk(value, i);
            names[i] = new SnapshotChunk(i, MailboxIndexCodec.Checksum(chunks[i]));
        }

        var header = MailboxIndexCodec.EncodeHeader(new SnapshotHeader(value, names, chunks.Length, []));
        return new MailboxIndexSurrogate(value.Id, value.UidValidity, header, chunks);
    }
}

/// <summary>An update on the wire. Its deltas become an array: a list behind an interface may be of a type that has no serializer.</summary>
[GenerateSerializer, Alias("sora.MailboxUpdate"), Immutable]
internal readonly record struct MailboxUpdateSurrogate([property: Id(0)] MailboxIndex? Index, [property: Id(1)] MailboxDelta[] Deltas, [property: Id(2)] bool IsUnconfirmed);

[RegisterConverter]
internal sealed class MailboxUpdateConverter : IConverter<MailboxUpdate, MailboxUpdateSurrogate>
{
    public MailboxUpdate ConvertFromSurrogate(in MailboxUpdateSurrogate surrogate) => new(surrogate.Index, surrogate.Deltas) { IsUnconfirmed = surrogate.IsUnconfirmed };

    public MailboxUpdateSurrogate ConvertToSurrogate(in MailboxUpdate value) => new(value.Index, [.. value.Deltas], value.IsUnconfirmed);
}
#endif
