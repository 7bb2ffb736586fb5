using Sora.Mailstore.Bodies.Objects;

namespace Sora.Mailstore.Bodies.Encoded;

/// <summary>
/// A store whose bodies are encoded on their way in and decoded on their way out. Packs go through as they are, since their bodies are encoded one
/// by one. Sizes that it tells are those of what is stored.
/// </summary>
internal sealed class EncodedObjects(IObjectStore inner, BodyCodec codec) : IObjectStore
{
    /// <summary>The store of what is encoded.</summary>
    public IObjectStore Inner => inner;

    /// <summary>Hears of each body that was put, while its plain bytes are still there.</summary>
    public Action<ObjectPut>? Stored { get; set; }

    public async Task<IReadOnlyList<Exception?>> PutAsync(IReadOnlyList<ObjectPut> puts, CancellationToken cancellationToken)
    {
        var outcomes = await ReplaceAsync(puts, cancellationToken);
        if (Stored is { } stored)
        {
            for (var i = 0; i < outcomes.Count; i++)
            {
                if (outcomes[i] is null && puts[i].Key.Kind == ObjectKind.Body)
                    stored(puts[i]);
            }
        }

        return outcomes;
    }

    /// <summary>Puts bodies that nobody is about to read.</summary>
    public Task<IReadOnlyList<Exception?>> ReplaceAsync(IReadOnlyList<ObjectPut> puts, CancellationToken cancellationToken)
    {
        var encoded = new ObjectPut[puts.Count];
        for (var i = 0; i < encoded.Length; i++)
            encoded[i] = Encoded(puts[i]);
        return inner.PutAsync(encoded, cancellationToken);
    }

    public ValueTask<ObjectInfo?> FindAsync(ObjectKey key, CancellationToken cancellationToken) => inner.FindAsync(key, cancellationToken);

    public ValueTask<Stream?> OpenAsync(ObjectKey key, long offset, long? count, CancellationToken cancellationToken) => key.Kind == ObjectKind.Pack
        ? inner.OpenAsync(key, offset, count, cancellationToken)
        : codec.DecodeAsync(new ObjectSource(inner, key), key.Hash, offset, count, cancellationToken);

    public Task DeleteAsync(IReadOnlyList<ObjectKey> keys, CancellationToken cancellationToken) => inner.DeleteAsync(keys, cancellationToken);

    public Task<bool> CopyAsync(ObjectKey from, ObjectKey to, CancellationToken cancellationToken) => inner.CopyAsync(from, to, cancellationToken);

    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? after, CancellationToken cancellationToken) =>
        inner.ListAsync(prefix, after, cancellationToken);

    public Task DeleteAbandonedAsync(DateTimeOffset before, CancellationToken cancellationToken) => inner.DeleteAbandonedAsync(before, cancellationToken);

    /// <summary>A file can be given away only where bodies are stored as they are; one that is not, from another time, is seen by its first bytes.</summary>
    public string? PathOf(ObjectKey key) => codec.IsIdentity ? inner.PathOf(key) : null;

    private ObjectPut Encoded(ObjectPut put)
    {
        if (put.Key.Kind == ObjectKind.Pack || put.Encode is not null || StoresAsIs(put))
            return put;
        return put with { Encode = () => codec.Encode(put.OpenPlain(), put.Key.Hash, put.Size) };
    }

    private bool StoresAsIs(ObjectPut put)
    {
        if (!codec.IsIdentity)
            return false;
        // A file that is not there is stored as it is: the store says what is wrong with it.
        return put.File is { } file ? !EncodingHeader.IsEncodedFile(file) : codec.StoresAsIs(put.Bytes!.Value.Span);
    }
}
