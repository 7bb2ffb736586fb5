using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Encoded;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Packs;

/// <summary>
/// Writes packs anew of which more than half is dead, so that deleted mail does not take room for ever. The bodies are read and checked, and
/// encoded with the present key. The old pack stays for as long as somebody may be reading it.
/// </summary>
internal sealed class PackCompactor(
    Database database, IObjectStore objects, BodyCodec codec, PackWriter writer, PackStore store, StorageOptions options, ILogger<PackCompactor> logger)
{
    /// <summary>Writes one pack anew, if there is one; whether there was.</summary>
    public async Task<bool> CompactAsync(CancellationToken cancellationToken)
    {
        if (await store.LeaseSparseAsync(options.UploadLease, cancellationToken) is not { } pack)
            return false;
        var live = new List<(ContentHash Hash, ReadOnlyMemory<byte> Bytes)>();
        foreach (var body in await store.BodiesAsync(pack.Id, cancellationToken))
        {
            if (await ReadAsync(pack.Key, body, cancellationToken) is { } bytes)
                live.Add((body.Hash, codec.Encode(bytes, body.Hash)));
        }

        CrashPoints.Reach(CrashPoints.CompactRead);
        if (live.Count == 0)
            return await PackStore.ReplaceAsync(database, pack.Id, null, cancellationToken);
        var (id, positions, error) = await writer.PutAsync(pack.Key.Account, live, cancellationToken);
        CrashPoints.Reach(CrashPoints.CompactPut);
        if (error is not null)
        {
            Log.CompactFailed(logger, pack.Key.ToString(), error);
            return false;
        }

        var moved = new PackedBodies(id, codec.KeyId, [.. live.Select(static body => body.Hash)], positions, [.. live.Select(static body => (long)body.Bytes.Length)]);
        return await PackStore.ReplaceAsync(database, pack.Id, moved, cancellationToken);
    }

    // One that is damaged stays where it is, and its pack with it: what is there is all there is of it.
    private async Task<ReadOnlyMemory<byte>?> ReadAsync(ObjectKey pack, PackEntry body, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = await codec.DecodeAsync(new PackedSource(objects, pack, body.Position, body.Length), body.Hash, 0, null, cancellationToken);
            if (stream is null)
                throw new BodyDamagedException("its pack is not there");
            var bytes = new MemoryStream((int)body.Length);
            await stream.CopyToAsync(bytes, cancellationToken);
            var plain = bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
            BodyHash.Check(plain.Span, body.Hash, plain.Length);
            return plain;
        }
        catch (BodyDamagedException e)
        {
            var key = new ObjectKey(pack.Account, body.Hash);
            Log.BodyDamaged(logger, key.ToString(), "a pack", e.Message);
            await new BodyStore(database.Write).MarkDamagedAsync(key, cancellationToken);
            return null;
        }
    }
}
