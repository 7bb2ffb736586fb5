namespace Sora.Mailstore.Bodies.Objects;

/// <summary>A store that nothing is written to or deleted from before it is known to be this database's.</summary>
internal sealed class OwnedObjects(IObjectStore inner, ObjectOwner owner) : IObjectStore
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<Exception?>> PutAsync(IReadOnlyList<ObjectPut> puts, CancellationToken cancellationToken)
    {
        try
        {
            await owner.EnsureAsync(cancellationToken);
        }
        catch (IOException e)
        {
            return [.. Enumerable.Repeat(e, puts.Count)];
        }

        return await inner.PutAsync(puts, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<ObjectInfo?> FindAsync(ObjectKey key, CancellationToken cancellationToken) => inner.FindAsync(key, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Stream?> OpenAsync(ObjectKey key, long offset, long? count, CancellationToken cancellationToken) =>
        inner.OpenAsync(key, offset, count, cancellationToken);

    /// <inheritdoc/>
    public async Task DeleteAsync(IReadOnlyList<ObjectKey> keys, CancellationToken cancellationToken)
    {
        await owner.EnsureAsync(cancellationToken);
        await inner.DeleteAsync(keys, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<bool> CopyAsync(ObjectKey from, ObjectKey to, CancellationToken cancellationToken)
    {
        await owner.EnsureAsync(cancellationToken);
        return await inner.CopyAsync(from, to, cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? after, CancellationToken cancellationToken) => inner.ListAsync(prefix, after, cancellationToken);

    /// <inheritdoc/>
    public async Task DeleteAbandonedAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        await owner.EnsureAsync(cancellationToken);
        await inner.DeleteAbandonedAsync(before, cancellationToken);
    }

    /// <inheritdoc/>
    public string? PathOf(ObjectKey key) => inner.PathOf(key);
}
