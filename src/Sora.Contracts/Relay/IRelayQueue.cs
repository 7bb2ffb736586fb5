namespace Sora.Contracts;

/// <summary>
/// The queue from the side of those who send. Any number of processes may: what one has taken is its own until the lease ends, and then due again for
/// whoever comes, which is how the work of a process that died goes on.
/// </summary>
public interface IRelayQueue
{
    /// <summary>Takes due recipients of one message; null when none is due.</summary>
    /// <param name="lease">How long they are the caller's.</param>
    /// <param name="maxRecipients">Most recipients to take.</param>
    /// <param name="withoutHost">Only those that need no host: what is not to be tried any more, and reports, which may be for somebody who has an account here.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<RelayWork?> TakeAsync(TimeSpan lease, int maxRecipients, bool withoutHost, CancellationToken cancellationToken);

    /// <summary>
    /// Begins the lease anew; false when it was lost, and with it the right to send. Recipients that an administrator took out meanwhile are nobody else's: the others
    /// go on.
    /// </summary>
    Task<bool> RenewAsync(RelayWork work, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>A piece of the message, from number 0 on; null after the last.</summary>
    Task<byte[]?> ReadAsync(long message, int number, CancellationToken cancellationToken);

    /// <summary>Numbers of those recipients that are still the caller's.</summary>
    Task<IReadOnlyList<int>> HeldAsync(RelayWork work, CancellationToken cancellationToken);

    /// <summary>
    /// Writes down what became of recipients, and puts a report into the queue in the same transaction. False, and nothing is written, when some of them are not
    /// the caller's any more: then <see cref="HeldAsync"/> says which are, and what became of those, with a report of those alone, is still to be written down.
    /// </summary>
    Task<bool> SettleAsync(RelayWork work, IReadOnlyList<RelayOutcome> outcomes, RelayRequest? report, CancellationToken cancellationToken);

    /// <summary>Returns when this process has queued something since the last call, or the time is over.</summary>
    Task WaitAsync(TimeSpan time, CancellationToken cancellationToken);

    /// <summary>What waits.</summary>
    Task<RelayBacklog> CountAsync(CancellationToken cancellationToken);
}

/// <summary>What a message's bytes ask of a server.</summary>
[Flags]
public enum RelayContent
{
    /// <summary>All octets are below 128.</summary>
    SevenBit = 0,

    /// <summary>The header has UTF-8 beyond ASCII (RFC 6532).</summary>
    EightBitHeader = 1,

    /// <summary>The body, or a header that is not UTF-8, has octets from 128 on (RFC 6152).</summary>
    EightBitBody = 2,
}

/// <summary>Due recipients of one message.</summary>
/// <param name="Lease">Says whose they are.</param>
/// <param name="Message">The message's number in the queue.</param>
/// <param name="Account">Whose message it is.</param>
/// <param name="Kind">Why it leaves.</param>
/// <param name="Sender">The reverse-path without angle brackets; empty for the null reverse-path.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Content">What its bytes ask of a server.</param>
/// <param name="QueuedAt">When it was queued.</param>
/// <param name="Recipients">Those to send to.</param>
public sealed record RelayWork(
    Guid Lease,
    long Message,
    AccountId Account,
    RelayKind Kind,
    string Sender,
    long Size,
    RelayContent Content,
    DateTimeOffset QueuedAt,
    IReadOnlyList<RelayTarget> Recipients)
{
    /// <inheritdoc cref="RelayRequest.Return"/>
    public string? Return { get; init; }

    /// <inheritdoc cref="RelayRequest.EnvelopeId"/>
    public string? EnvelopeId { get; init; }

    /// <inheritdoc cref="RelayRequest.DeliverBy"/>
    public RelayDeliverBy? DeliverBy { get; init; }
}

/// <summary>One due recipient.</summary>
/// <param name="Number">Its number in the message.</param>
/// <param name="Recipient">Address and parameters.</param>
/// <param name="Attempts">How often it was taken, this time included.</param>
/// <param name="ExpiresAt">When it is given up.</param>
/// <param name="IsExpired">That time has come.</param>
/// <param name="DelayReported">Its sender knows that it is late.</param>
/// <param name="LastReply">What the last attempt came to; null when there was none.</param>
public sealed record RelayTarget(
    int Number, RelayRecipient Recipient, int Attempts, DateTimeOffset ExpiresAt, bool IsExpired, bool DelayReported, RelayReply? LastReply);

/// <summary>What a server said, or what was made of its silence.</summary>
/// <param name="Code">The reply code of RFC 5321 section 4.2, or 0 when there was no reply.</param>
/// <param name="Status">The status code of RFC 3463, such as <c>5.1.1</c>.</param>
/// <param name="Text">The reply's text in one line, without the codes.</param>
/// <param name="Host">Who said it; empty for this system.</param>
public sealed record RelayReply(int Code, string Status, string Text, string Host = "")
{
    /// <summary>The words that a server's reply would have.</summary>
    public override string ToString() => Code == 0 ? Text : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Code} {Status} {Text}");
}

/// <summary>What became of a recipient.</summary>
public enum RelayFate
{
    /// <summary>The next system has it.</summary>
    Sent = 0,

    /// <summary>It is tried again.</summary>
    Deferred = 1,

    /// <summary>It is given up.</summary>
    Failed = 2,
}

/// <summary>What became of a recipient.</summary>
/// <param name="Number">Its number in the message.</param>
/// <param name="Fate">What became of it.</param>
/// <param name="Reply">Why.</param>
public sealed record RelayOutcome(int Number, RelayFate Fate, RelayReply Reply)
{
    /// <summary>How long it waits, when it is tried again.</summary>
    public TimeSpan Pause { get; init; }

    /// <summary>Its sender has been told that it is late.</summary>
    public bool DelayReported { get; init; }
}

/// <summary>What waits in the queue.</summary>
/// <param name="Recipients">Recipients that wait or are being sent to.</param>
/// <param name="OldestAge">How long the oldest message has been in the queue.</param>
public readonly record struct RelayBacklog(long Recipients, TimeSpan OldestAge);
