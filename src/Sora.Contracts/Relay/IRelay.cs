namespace Sora.Contracts;

/// <summary>Takes messages that leave this system.</summary>
public interface IRelay
{
    /// <summary>
    /// Puts a message into the queue. When it returns <see cref="RelayStatus.Queued"/> or <see cref="RelayStatus.AlreadyQueued"/>, the message is
    /// durable. A caller enqueues before it acknowledges what caused the message: when it fails in between, the client delivers again, and
    /// the same <see cref="RelayRequest.OperationId"/> finds the message in the queue, or sent, and adds nothing. When this throws, the message is not queued,
    /// unless the commit's answer was lost: calling again with the same id is right in both cases.
    /// </summary>
    Task<RelayStatus> EnqueueAsync(RelayRequest request, CancellationToken cancellationToken);
}

/// <summary>Reads on in the message: up to a buffer's length of bytes, 0 at the end.</summary>
public delegate ValueTask<int> RelayReader(Memory<byte> buffer, CancellationToken cancellationToken);

/// <summary>Why a message leaves.</summary>
public enum RelayKind
{
    /// <summary>RFC 5228 section 4.2.</summary>
    Redirect = 0,

    /// <summary>RFC 5230.</summary>
    Vacation = 1,

    /// <summary>RFC 5429, and delivery status notifications (RFC 3464).</summary>
    Report = 2,

    /// <summary>RFC 5435 and RFC 5436.</summary>
    Notify = 3,
}

/// <summary>What became of an attempt to queue a message.</summary>
public enum RelayStatus
{
    /// <summary>It is durable in the queue.</summary>
    Queued = 0,

    /// <summary>The same operation queued it before.</summary>
    AlreadyQueued = 1,

    /// <summary>The account has sent as many messages as it may; later it may send again.</summary>
    RateLimited = 2,

    /// <summary>The queue has as many recipients as it may have; later there may be room.</summary>
    QueueFull = 3,

    /// <summary>The message is larger than the limit.</summary>
    TooLarge = 4,

    /// <summary>No relay host is configured, so that nothing leaves this system.</summary>
    NotConfigured = 5,

    /// <summary>No recipient, too many of them, or an address or parameter that cannot stand in an SMTP command.</summary>
    Invalid = 6,

    /// <summary>A message that this account has redirected before, or one to be redirected or returned that has gone through too many hosts (RFC 5321 section 6.3).</summary>
    Loop = 7,
}

/// <summary>BY of RFC 2852 section 4, as redirect asks for it (RFC 6009 section 5).</summary>
/// <param name="Time">When the message is to be delivered.</param>
/// <param name="IsReturn">by-mode R: after that time it is returned; false is N: its sender hears of the delay.</param>
/// <param name="IsTrace">by-trace T: each host on the way reports.</param>
public sealed record RelayDeliverBy(DateTimeOffset Time, bool IsReturn, bool IsTrace = false);

/// <summary>One recipient of a message that leaves.</summary>
/// <param name="Address">The forward-path without angle brackets.</param>
/// <param name="Notify">NOTIFY of RFC 3461 section 4.1, such as <c>NEVER</c> or <c>SUCCESS,FAILURE</c>; null when not asked for.</param>
/// <param name="OriginalRecipient">ORCPT of RFC 3461 section 4.2, as xtext with its type (<c>rfc822;user@example.com</c>); null when there is none.</param>
public sealed record RelayRecipient(string Address, string? Notify = null, string? OriginalRecipient = null);

/// <summary>A message to be queued.</summary>
/// <param name="OperationId">
/// Names what caused the message, 1 to 200 characters: a repeated delivery of the same message that runs the same action has the same id, any other an own.
/// </param>
/// <param name="Account">
/// Whose message it is; the rate limits are this account's. 0 for nobody's, of which each first recipient gets no more than an account may send.
/// </param>
/// <param name="Kind">Why it leaves.</param>
/// <param name="Sender">The reverse-path without angle brackets; empty for the null reverse-path.</param>
/// <param name="Recipients">Who gets it.</param>
/// <param name="Prefix">First bytes of the message: own or changed header fields, whole lines with CRLF. May be all of it.</param>
/// <param name="Rest">Reads the bytes after the prefix; read once, in order, and not kept. Null when there are none.</param>
public sealed record RelayRequest(
    string OperationId,
    AccountId Account,
    RelayKind Kind,
    string Sender,
    IReadOnlyList<RelayRecipient> Recipients,
    ReadOnlyMemory<byte> Prefix,
    RelayReader? Rest = null)
{
    /// <summary>RET of RFC 3461 section 4.3: <c>FULL</c> or <c>HDRS</c>; null when not given.</summary>
    public string? Return { get; init; }

    /// <summary>ENVID of RFC 3461 section 4.4 as xtext, up to 100 characters; null when not given.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>BY of RFC 2852, passed on where it is understood; null when not given.</summary>
    public RelayDeliverBy? DeliverBy { get; init; }
}
