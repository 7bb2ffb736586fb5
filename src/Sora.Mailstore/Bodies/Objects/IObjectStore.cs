using System.Globalization;
using System.Runtime.InteropServices;
using Sora.Contracts;

namespace Sora.Mailstore.Bodies.Objects;

/// <summary>Names an object: an account and the BLAKE3 of the object's bytes.</summary>
public readonly record struct ObjectKey(AccountId Account, ContentHash Hash)
{
    /// <summary>Reads <c>account/hash</c>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ObjectKey key)
    {
        key = default;
        var slash = text.IndexOf('/');
        if (slash < 0 || text.Length - slash - 1 != ContentHash.Length * 2
            || !long.TryParse(text[..slash], NumberStyles.None, CultureInfo.InvariantCulture, out var account))
        {
            return false;
        }

        Span<byte> hash = stackalloc byte[ContentHash.Length];
        if (Convert.FromHexString(text[(slash + 1)..], hash, out _, out _) != System.Buffers.OperationStatus.Done)
            return false;
        key = new ObjectKey(new AccountId(account), ContentHash.From(hash));
        return true;
    }

    /// <summary><c>account/hash</c>, the hash in 64 lower-case hexadecimal digits.</summary>
    public override string ToString() => $"{Account}/{Hash}";
}

/// <summary>An object as the store lists it.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Size">Size in bytes.</param>
/// <param name="Written">When it was put.</param>
public readonly record struct ObjectInfo(ObjectKey Key, long Size, DateTimeOffset Written);

/// <summary>An object to be put: its bytes are in memory or in a file of this machine.</summary>
/// <param name="Key">Its name, which says what the bytes must hash to.</param>
/// <param name="Size">What the size must be, in bytes.</param>
public sealed record ObjectPut(ObjectKey Key, long Size)
{
    /// <summary>The bytes, when they are in memory.</summary>
    public ReadOnlyMemory<byte>? Bytes { get; init; }

    /// <summary>Full name of the file, when they are not. It is durable and is never written again.</summary>
    public string? File { get; init; }

    /// <summary>Opens the bytes for reading from the start.</summary>
    public Stream Open() => Bytes is { } bytes
        ? MemoryMarshal.TryGetArray(bytes, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(bytes.ToArray(), writable: false)
        : new FileStream(File!, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
}

/// <summary>
/// Keeps objects that never change. What fails because the store does not answer or cannot write is an <see cref="IOException"/> (or comes
/// from one); a missing object is not a failure.
/// </summary>
public interface IObjectStore
{
    /// <summary>
    /// Puts objects; each is durable, whole and of the right size and hash when its outcome is null. One that is already there is
    /// done; a crash at any point leaves no half object under its name. May be repeated.
    /// </summary>
    /// <returns>For each object, in order: null, or why it is not there.</returns>
    Task<IReadOnlyList<Exception?>> PutAsync(IReadOnlyList<ObjectPut> puts, CancellationToken cancellationToken);

    /// <summary>Size and time of an object; null when there is none.</summary>
    ValueTask<ObjectInfo?> FindAsync(ObjectKey key, CancellationToken cancellationToken);

    /// <summary>Reads an object from an offset, up to <paramref name="count"/> bytes or its end; null when there is none.</summary>
    ValueTask<Stream?> OpenAsync(ObjectKey key, long offset, long? count, CancellationToken cancellationToken);

    /// <summary>Deletes objects; one that is not there is no failure.</summary>
    Task DeleteAsync(IReadOnlyList<ObjectKey> keys, CancellationToken cancellationToken);

    /// <summary>The objects of one account, or of all, in no order.</summary>
    IAsyncEnumerable<ObjectInfo> ListAsync(AccountId? account, CancellationToken cancellationToken);

    /// <summary>
    /// Where an object is, or would be, as a file of this machine; null when the store is remote and its objects are read through the local
    /// cache.
    /// </summary>
    string? PathOf(ObjectKey key);
}
