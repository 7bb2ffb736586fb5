using System.Globalization;
using System.Runtime.InteropServices;
using Sora.Contracts;

namespace Sora.Mailstore.Bodies.Objects;

/// <summary>What an object is.</summary>
public enum ObjectKind
{
    /// <summary>One body.</summary>
    Body,

    /// <summary>Many bodies of one account, one after the other.</summary>
    Pack,

    /// <summary>A body on its way: put before its message is acknowledged, gone when it is in its place and no other delivery needs it.</summary>
    Staged,

    /// <summary>Says whose objects these are: <see cref="ObjectOwner"/>.</summary>
    Owner,
}

/// <summary>
/// Names an object: an account and the BLAKE3 of the object's bytes. With encryption or compression a body is named by its plain bytes; a staged
/// object has no account (0), nor has the one that says whose objects these are.
/// </summary>
public readonly record struct ObjectKey(AccountId Account, ContentHash Hash, ObjectKind Kind = ObjectKind.Body)
{
    private const string Packs = "packs/";

    /// <summary>What the names of all staged objects begin with.</summary>
    public const string StagedPrefix = "staging/";

    /// <summary>What the name of the object begins with that says whose objects these are.</summary>
    public const string OwnerPrefix = "owner/";

    /// <summary>What the names of all objects of an account begin with.</summary>
    public static string PrefixOf(AccountId account) => $"{account}/";

    /// <summary>What the names of all packs of an account begin with.</summary>
    public static string PacksPrefixOf(AccountId account) => $"{account}/{Packs}";

    /// <summary>Reads <c>account/hash</c>, <c>account/packs/hash</c>, <c>staging/hash</c> or <c>owner/hash</c>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ObjectKey key)
    {
        key = default;
        var account = 0L;
        var kind = ObjectKind.Staged;
        if (text.StartsWith(StagedPrefix, StringComparison.Ordinal))
        {
            text = text[StagedPrefix.Length..];
        }
        else if (text.StartsWith(OwnerPrefix, StringComparison.Ordinal))
        {
            text = text[OwnerPrefix.Length..];
            kind = ObjectKind.Owner;
        }
        else
        {
            var slash = text.IndexOf('/');
            if (slash < 0 || !long.TryParse(text[..slash], NumberStyles.None, CultureInfo.InvariantCulture, out account))
                return false;
            text = text[(slash + 1)..];
            kind = text.StartsWith(Packs, StringComparison.Ordinal) ? ObjectKind.Pack : ObjectKind.Body;
            if (kind == ObjectKind.Pack)
                text = text[Packs.Length..];
        }

        Span<byte> hash = stackalloc byte[ContentHash.Length];
        if (text.Length != ContentHash.Length * 2 || text.ContainsAnyInRange('A', 'F')
            || Convert.FromHexString(text, hash, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        key = new ObjectKey(new AccountId(account), ContentHash.From(hash), kind);
        return true;
    }

    /// <summary>The object that a body is staged as.</summary>
    public static ObjectKey Staged(ContentHash hash) => new(default, hash, ObjectKind.Staged);

    /// <summary><c>account/hash</c>, <c>account/packs/hash</c>, <c>staging/hash</c> or <c>owner/hash</c>, the hash in 64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Kind switch
    {
        ObjectKind.Pack => $"{Account}/{Packs}{Hash}",
        ObjectKind.Staged => $"{StagedPrefix}{Hash}",
        ObjectKind.Owner => $"{OwnerPrefix}{Hash}",
        _ => $"{Account}/{Hash}",
    };
}

/// <summary>An object as the store lists it.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Size">Size in bytes.</param>
/// <param name="Written">When it was put.</param>
public readonly record struct ObjectInfo(ObjectKey Key, long Size, DateTimeOffset Written);

/// <summary>An object to be put: its bytes are in memory or in a file of this machine, and are stored as they are unless they are encoded.</summary>
/// <param name="Key">Its name, which says what the bytes must hash to.</param>
/// <param name="Size">What the size must be, in bytes; of what is encoded, that of the plain bytes.</param>
public sealed record ObjectPut(ObjectKey Key, long Size)
{
    /// <summary>The bytes, when they are in memory.</summary>
    public ReadOnlyMemory<byte>? Bytes { get; init; }

    /// <summary>Full name of the file, when they are not. It is durable and is never written again.</summary>
    public string? File { get; init; }

    /// <summary>
    /// Makes the stream of what is stored instead, each time from the start; its length is known at its end. It throws
    /// <see cref="BodyDamagedException"/> at its end when the plain bytes are not those that the key names. Null: stored as they are.
    /// </summary>
    public Func<Stream>? Encode { get; init; }

    /// <summary>Opens what is to be stored, for reading from the start.</summary>
    public Stream Open() => Encode?.Invoke() ?? OpenPlain();

    /// <summary>Opens the plain bytes for reading from the start.</summary>
    public Stream OpenPlain() => File is not null
        ? new FileStream(File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0)
        : MemoryMarshal.TryGetArray(Bytes!.Value, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(Bytes.Value.ToArray(), writable: false);
}

/// <summary>
/// Keeps objects that never change. What fails because the store does not answer or cannot write is an <see cref="IOException"/> (or comes
/// from one); a missing object is not a failure.
/// </summary>
public interface IObjectStore
{
    /// <summary>
    /// Puts objects; each is durable, whole and of the right size and hash when its outcome is null. One that is already there is
    /// done or replaced; a crash at any point leaves no half object under its name. May be repeated.
    /// </summary>
    /// <returns>For each object, in order: null, or why it is not there.</returns>
    Task<IReadOnlyList<Exception?>> PutAsync(IReadOnlyList<ObjectPut> puts, CancellationToken cancellationToken);

    /// <summary>Size and time of an object; null when there is none.</summary>
    ValueTask<ObjectInfo?> FindAsync(ObjectKey key, CancellationToken cancellationToken);

    /// <summary>Reads an object from an offset, up to <paramref name="count"/> bytes or its end; null when there is none.</summary>
    ValueTask<Stream?> OpenAsync(ObjectKey key, long offset, long? count, CancellationToken cancellationToken);

    /// <summary>Deletes objects; one that is not there is no failure.</summary>
    Task DeleteAsync(IReadOnlyList<ObjectKey> keys, CancellationToken cancellationToken);

    /// <summary>Copies an object within the store; false when there is none. The copy is whole or not there.</summary>
    Task<bool> CopyAsync(ObjectKey from, ObjectKey to, CancellationToken cancellationToken);

    /// <summary>
    /// The objects whose names begin with <paramref name="prefix"/> and come after <paramref name="after"/>, in the ordinal order of their names.
    /// </summary>
    IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? after, CancellationToken cancellationToken);

    /// <summary>Removes what puts left behind that were cut off before a time. Cheap enough to be called often.</summary>
    Task DeleteAbandonedAsync(DateTimeOffset before, CancellationToken cancellationToken);

    /// <summary>
    /// Where an object is, or would be, as a file of this machine; null when the store is remote and its objects are read through the local
    /// cache.
    /// </summary>
    string? PathOf(ObjectKey key);
}
