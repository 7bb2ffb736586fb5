using System.Buffers;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Encoded;
using Sora.Mailstore.Bodies.Hashing;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Packs;

/// <summary>What became of bodies that were to be packed.</summary>
/// <param name="Stored">Those that the object store has, all in one pack, or a single one as an object of its own.</param>
/// <param name="Failures">Why the others are not there.</param>
internal readonly record struct PackResult(List<StoredBody> Stored, Dictionary<ObjectKey, Exception> Failures);

/// <summary>Puts many small bodies as one object.</summary>
internal sealed class PackWriter(IObjectStore objects, BodyCodec codec, PackStore store)
{
    /// <summary>Puts claimed bodies of one account. The row of the pack says "being put" until <see cref="PackStore.StoredAsync"/>.</summary>
    public async Task<PackResult> WriteAsync(AccountId account, IReadOnlyList<ObjectPut> bodies, CancellationToken cancellationToken)
    {
        var result = new PackResult([], []);
        var good = new List<(ObjectPut Put, ReadOnlyMemory<byte> Bytes)>(bodies.Count);
        foreach (var body in bodies)
        {
            try
            {
                var bytes = body.Bytes ?? await File.ReadAllBytesAsync(body.File!, cancellationToken);
                BodyHash.CheckSize(bytes.Length, body.Size);
                good.Add((body, codec.Encode(bytes, body.Key.Hash)));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or BodyDamagedException)
            {
                result.Failures.Add(body.Key, e);
            }
        }

        if (good.Count > 1)
            await PutPackAsync(account, good, result, cancellationToken);
        else if (good.Count == 1)
            await PutAloneAsync(good[0].Put, result, cancellationToken);
        return result;
    }

    /// <summary>Puts bodies in the form in which they are stored as one new pack.</summary>
    /// <returns>Its number, where each body is, and why it is not there, if it is not.</returns>
    public async Task<(long Id, long[] Positions, Exception? Error)> PutAsync(
        AccountId account, IReadOnlyList<(ContentHash Hash, ReadOnlyMemory<byte> Bytes)> bodies, CancellationToken cancellationToken)
    {
        var size = PackFormat.HeaderLength(bodies.Count) + bodies.Sum(static body => body.Bytes.Length);
        var pack = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            var positions = PackFormat.WriteHeader(pack, [.. bodies.Select(static body => (body.Hash, body.Bytes.Length))]);
            for (var i = 0; i < bodies.Count; i++)
                bodies[i].Bytes.CopyTo(pack.AsMemory((int)positions[i]));
            var key = new ObjectKey(account, HashOf(pack.AsSpan(0, size)), ObjectKind.Pack);
            var id = await store.AddAsync(key, size, codec.KeyId, cancellationToken);
            CrashPoints.Reach(CrashPoints.PackAdded);
            return (id, positions, (await objects.PutAsync([new ObjectPut(key, size) { Bytes = pack.AsMemory(0, size) }], cancellationToken))[0]);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(pack);
        }
    }

    private async Task PutPackAsync(
        AccountId account, List<(ObjectPut Put, ReadOnlyMemory<byte> Bytes)> bodies, PackResult result, CancellationToken cancellationToken)
    {
        var (id, positions, error) = await PutAsync(account, bodies.ConvertAll(static body => (body.Put.Key.Hash, body.Bytes)), cancellationToken);
        for (var i = 0; i < bodies.Count; i++)
        {
            if (error is null)
                result.Stored.Add(new StoredBody(bodies[i].Put.Key, codec.KeyId, id, positions[i], bodies[i].Bytes.Length));
            else
                result.Failures.Add(bodies[i].Put.Key, error);
        }
    }

    private async Task PutAloneAsync(ObjectPut put, PackResult result, CancellationToken cancellationToken)
    {
        if ((await objects.PutAsync([put], cancellationToken))[0] is { } error)
            result.Failures.Add(put.Key, error);
        else
            result.Stored.Add(new StoredBody(put.Key, codec.KeyId));
    }

    private static ContentHash HashOf(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[ContentHash.Length];
        Blake3Hasher.Hash(bytes, hash);
        return ContentHash.From(hash);
    }
}
