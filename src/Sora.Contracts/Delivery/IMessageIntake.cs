namespace Sora.Contracts;

/// <summary>
/// Takes one arriving message: hashes, parses and stages it as the bytes come, with bounded memory. Disposing an intake that was
/// not completed throws away what it staged.
/// </summary>
public interface IMessageIntake : IAsyncDisposable
{
    /// <summary>Bytes written so far.</summary>
    long Length { get; }

    /// <summary>Adds bytes. Completes synchronously while the message fits in memory.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Ends the message. <c>UNAVAILABLE</c> when staging is full or failing, <c>TOOBIG</c> over the limit given at the start.</summary>
    ValueTask<MailResult<IngestedMessage>> CompleteAsync(CancellationToken cancellationToken);
}

/// <summary>
/// A message that was hashed, parsed and staged, ready to be committed to any number of mailboxes of any accounts. Dispose it when
/// every commit that uses it is over; what was not committed is thrown away then.
/// </summary>
public abstract class IngestedMessage : IAsyncDisposable
{
    public required ContentHash Hash { get; init; }

    /// <summary>Size in bytes as it arrived, without trace fields.</summary>
    public required long Size { get; init; }

    /// <summary>The header block up to and including the empty line; cut after the limit for stored headers.</summary>
    public required ReadOnlyMemory<byte> Header { get; init; }

    public required bool HeaderTruncated { get; init; }

    /// <summary>Serialized by <c>Sora.Mime.Envelope.Serialize</c>.</summary>
    public required ReadOnlyMemory<byte> Envelope { get; init; }

    /// <summary>Serialized by <c>Sora.Mime.MimeMessage.Serialize</c>.</summary>
    public required ReadOnlyMemory<byte> Structure { get; init; }

    /// <summary>Octets that it would grow by if every line ended with CRLF, the last one too (RFC 1939 section 11); mostly 0.</summary>
    public long LineEndOctets { get; init; }

    /// <summary>Bytes that it keeps in memory until it is disposed.</summary>
    public virtual long MemorySize => Header.Length + Envelope.Length + Structure.Length;

    /// <summary>Value of Message-ID, or null.</summary>
    public string? MessageId { get; init; }

    /// <summary>
    /// Reads bytes of the message at an offset, as much of <paramref name="destination"/> as there is, 0 at the end. One call at a time; not after
    /// the message was disposed.
    /// </summary>
    /// <exception cref="IOException">What was staged cannot be read.</exception>
    public abstract ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();
}

/// <summary>Opens intakes.</summary>
public interface IIntakes
{
    /// <param name="maxSize">Largest size in bytes; more is <c>TOOBIG</c> at completion, and the surplus is not kept.</param>
    /// <param name="sizeHint">Expected size in bytes (SIZE= or the literal's length), or 0.</param>
    /// <param name="keepNuls">Store NULs as they come, instead of the parts that hold them as base64 (RFC 3516 section 4.3).</param>
    IMessageIntake Begin(long maxSize, long sizeHint = 0, bool keepNuls = false);
}
