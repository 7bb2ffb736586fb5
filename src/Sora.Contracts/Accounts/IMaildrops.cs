namespace Sora.Contracts;

/// <summary>Gives an account's maildrop to one POP3 session at a time, whichever process serves it (RFC 1939 section 4).</summary>
public interface IMaildrops
{
    /// <summary>
    /// Takes the maildrop for a session. INUSE while another session has it, LIMIT when the last one began less than <paramref name="loginDelay"/> ago
    /// (RFC 2449 section 6.5), UNAVAILABLE.
    /// </summary>
    ValueTask<MailResult<IMaildropLock>> LockAsync(AccountId account, TimeSpan loginDelay, CancellationToken cancellationToken);
}

/// <summary>A maildrop that belongs to a session. Disposing it lets go; a process that dies lets go of all it has.</summary>
public interface IMaildropLock : IAsyncDisposable
{
    /// <summary>
    /// Whether the maildrop still belongs to the session: a process that was cut off from the database for too long has lost it. UNAVAILABLE when that
    /// cannot be known now.
    /// </summary>
    ValueTask<MailResult<bool>> IsHeldAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The account's contents in which not every line ends with CRLF, and how many octets each grows by when all do (RFC 1939 section 11); mostly none. Contents
    /// that were stored by a version that did not look are missing. UNAVAILABLE.
    /// </summary>
    ValueTask<MailResult<IReadOnlyDictionary<ContentId, long>>> LineEndsAsync(CancellationToken cancellationToken);
}
