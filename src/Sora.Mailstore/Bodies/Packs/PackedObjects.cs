using Sora.Mailstore.Bodies.Encoded;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Packs;

/// <summary>An object store in which a body is found wherever it is: as an object of its own, or in a pack.</summary>
internal sealed class PackedObjects(IObjectStore objects, BodyStore bodies, BodyCodec codec) : IObjectStore
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<Exception?>> PutAsync(IReadOnlyList<ObjectPut> puts, CancellationToken cancellationToken) =>
        objects.PutAsync(puts, cancellationToken);

    /// <summary>As it is asked for: a body in a pack has no object of its own.</summary>
    public ValueTask<ObjectInfo?> FindAsync(ObjectKey key, CancellationToken cancellationToken) => objects.FindAsync(key, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<Stream?> OpenAsync(ObjectKey key, long offset, long? count, CancellationToken cancellationToken)
    {
        // A pack may be rewritten between the two steps; then its bodies are elsewhere, and the row says where.
        PackedBody? before = null;
        while (key.Kind == ObjectKind.Body && await bodies.FindPackAsync(key, cancellationToken) is { } packed && packed != before)
        {
            var source = new PackedSource(objects, packed.Pack, packed.Position, packed.Length);
            if (await codec.DecodeAsync(source, key.Hash, offset, count, cancellationToken) is { } stream)
                return stream;
            before = packed;
        }

        return await objects.OpenAsync(key, offset, count, cancellationToken);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(IReadOnlyList<ObjectKey> keys, CancellationToken cancellationToken) => objects.DeleteAsync(keys, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> CopyAsync(ObjectKey from, ObjectKey to, CancellationToken cancellationToken) => objects.CopyAsync(from, to, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? after, CancellationToken cancellationToken) =>
        objects.ListAsync(prefix, after, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAbandonedAsync(DateTimeOffset before, CancellationToken cancellationToken) => objects.DeleteAbandonedAsync(before, cancellationToken);

    /// <inheritdoc/>
    public string? PathOf(ObjectKey key) => objects.PathOf(key);
}
