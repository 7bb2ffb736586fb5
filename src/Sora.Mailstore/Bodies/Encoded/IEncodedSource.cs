using Sora.Mailstore.Bodies.Objects;

namespace Sora.Mailstore.Bodies.Encoded;

/// <summary>What a body is decoded from: an object, a part of one, or memory.</summary>
internal interface IEncodedSource
{
    /// <summary>Its size in bytes; null when it is not there.</summary>
    ValueTask<long?> SizeAsync(CancellationToken cancellationToken);

    /// <summary>Reads from an offset, up to <paramref name="count"/> bytes or its end; null when it is not there.</summary>
    ValueTask<Stream?> OpenAsync(long offset, long? count, CancellationToken cancellationToken);
}

/// <summary>An object of a store.</summary>
internal sealed class ObjectSource(IObjectStore objects, ObjectKey key) : IEncodedSource
{
    public async ValueTask<long?> SizeAsync(CancellationToken cancellationToken) => (await objects.FindAsync(key, cancellationToken))?.Size;

    public ValueTask<Stream?> OpenAsync(long offset, long? count, CancellationToken cancellationToken) =>
        objects.OpenAsync(key, offset, count, cancellationToken);
}

/// <summary>A body in a pack.</summary>
/// <param name="objects">Where the pack is.</param>
/// <param name="pack">The pack.</param>
/// <param name="position">Where in it the body begins.</param>
/// <param name="length">Its length there.</param>
internal sealed class PackedSource(IObjectStore objects, ObjectKey pack, long position, long length) : IEncodedSource
{
    public ValueTask<long?> SizeAsync(CancellationToken cancellationToken) => ValueTask.FromResult<long?>(length);

    public ValueTask<Stream?> OpenAsync(long offset, long? count, CancellationToken cancellationToken)
    {
        var left = Math.Max(0, length - offset);
        return objects.OpenAsync(pack, position + Math.Min(offset, length), Math.Min(count ?? left, left), cancellationToken);
    }
}

/// <summary>Bytes in memory.</summary>
internal sealed class MemorySource(ReadOnlyMemory<byte> bytes) : IEncodedSource
{
    public ValueTask<long?> SizeAsync(CancellationToken cancellationToken) => ValueTask.FromResult<long?>(bytes.Length);

    public ValueTask<Stream?> OpenAsync(long offset, long? count, CancellationToken cancellationToken)
    {
        var rest = bytes[(int)Math.Min(offset, bytes.Length)..];
        return ValueTask.FromResult<Stream?>(new ObjectPut(default, 0) { Bytes = count < rest.Length ? rest[..(int)count] : rest }.OpenPlain());
    }
}
