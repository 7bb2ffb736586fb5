namespace Sora.Contracts;

/// <summary>Which of a content's parts a reader wants.</summary>
[Flags]
public enum ContentParts
{
    None = 0,
    Header = 1,
    Envelope = 2,
    Structure = 4,
    All = Header | Envelope | Structure,
}

/// <summary>
/// What never changes of a message. A message's bytes are <see cref="Prefix"/> (the trace header fields that delivery put before it, empty
/// for APPEND) followed by the stored body of <see cref="BodySize"/> bytes whose BLAKE3 is <see cref="Hash"/>. Parts that were
/// not asked for are null.
/// </summary>
public sealed record MessageContent(ContentId Id, AccountId Account, ContentHash Hash, ReadOnlyMemory<byte> Prefix, long BodySize)
{
    /// <summary>RFC822.SIZE in bytes.</summary>
    public long Size => Prefix.Length + BodySize;

    /// <summary>
    /// The header block of the body as stored, without <see cref="Prefix"/>, up to and including the empty line; null when it was not
    /// asked for or is longer than the store keeps beside the body (then it must be read from the body).
    /// </summary>
    public ReadOnlyMemory<byte>? Header { get; init; }

    /// <summary>Serialized by <c>Sora.Mime.Envelope.Serialize</c>.</summary>
    public ReadOnlyMemory<byte>? Envelope { get; init; }

    /// <summary>Serialized by <c>Sora.Mime.MimeMessage.Serialize</c>, with offsets into the body: pass <c>Prefix.Length</c> when reading it.</summary>
    public ReadOnlyMemory<byte>? Structure { get; init; }
}

/// <summary>Random access to a whole message, prefix included. Reading the same body from several threads at once is not supported.</summary>
public interface IMessageBody : IAsyncDisposable
{
    /// <summary>RFC822.SIZE in bytes.</summary>
    long Length { get; }

    /// <summary>Reads up to <c>buffer.Length</c> bytes from an offset; 0 only at the end. I/O failures are <see cref="BodyUnavailableException"/>.</summary>
    ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken);
}

/// <summary>A body that should be there cannot be read: missing, damaged (hash mismatch) or its store is down. Never an empty message.</summary>
public sealed class BodyUnavailableException : Exception
{
    public BodyUnavailableException(string message, bool temporary, Exception? inner = null)
        : base(message, inner) => IsTemporary = temporary;

    /// <summary>True when trying again can help (the store is down), false when the body is missing or damaged.</summary>
    public bool IsTemporary { get; }
}

/// <summary>Reads what is immutable: by content number, through caches that need no invalidation.</summary>
public interface IMessageStore
{
    /// <summary>The contents for these numbers, in the same order; null where a content no longer exists.</summary>
    ValueTask<IReadOnlyList<MessageContent?>> ReadAsync(ReadOnlyMemory<ContentId> ids, ContentParts parts, CancellationToken cancellationToken);

    /// <summary>
    /// The contents of an account whose EMAILID is that of another content, which they are copies of (RFC 8474 section 5.1); mostly none. All others
    /// have their own number.
    /// </summary>
    ValueTask<IReadOnlyDictionary<ContentId, ContentId>> EmailIdsAsync(AccountId account, CancellationToken cancellationToken);

    /// <summary>Opens a message for reading.</summary>
    /// <exception cref="BodyUnavailableException">The body is missing, damaged, or its store does not answer.</exception>
    ValueTask<IMessageBody> OpenAsync(MessageContent content, CancellationToken cancellationToken);

    /// <summary>How many messages ahead of a client that reads one after the other the store wants to know of; 0 when it gains nothing by it.</summary>
    int PrefetchDepth => 0;

    /// <summary>
    /// Says that these messages are likely to be opened soon, in this order. A hint: it never fails, what it begins goes on after it, and it is forgotten
    /// when <paramref name="cancellationToken"/> is cancelled, as at the end of the session.
    /// </summary>
    Task PrefetchAsync(ReadOnlyMemory<ContentId> ids, CancellationToken cancellationToken) => Task.CompletedTask;
}
