using System.Collections.Immutable;

namespace Sora.Contracts;

/// <summary>
/// The one writer of a mailbox. Every change goes through it; what it answers is durable. All sets are of UIDs: sequence numbers belong
/// to a session and are translated there.
/// </summary>
public interface IMailbox
{
    /// <summary>
    /// The index, or the changes since <paramref name="known"/> when the caller holds that state and the writer still has them. Where others may have written whom the writer has not heard of
    /// yet, a caller that holds the newest state that is known gets one that was compared with the log.
    /// </summary>
    Task<MailResult<MailboxUpdate>> OpenAsync(ModSeq known, CancellationToken cancellationToken);

    /// <summary>Appends messages in order, all or none of them (APPEND, MULTIAPPEND, delivery).</summary>
    Task<MailResult<AppendResult>> AppendAsync(AppendRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Appends messages to a mailbox and removes some of this mailbox, all of it or nothing (REPLACE, RFC 8508; MOVE into another account).
    /// <c>EXPUNGEISSUED</c> when one of those to be removed is not there any more: then nothing is appended.
    /// </summary>
    Task<MailResult<ReplaceResult>> ReplaceAsync(ReplaceRequest request, CancellationToken cancellationToken);

    /// <summary>Changes flags (STORE).</summary>
    Task<MailResult<StoreResult>> StoreAsync(StoreRequest request, CancellationToken cancellationToken);

    /// <summary>Removes messages (EXPUNGE, UID EXPUNGE, CLOSE).</summary>
    Task<MailResult<ExpungeResult>> ExpungeAsync(ExpungeRequest request, CancellationToken cancellationToken);

    /// <summary>Copies or moves messages of this mailbox into another one of the same account, all or none of them (COPY, MOVE).</summary>
    Task<MailResult<CopyResult>> CopyAsync(CopyRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Takes the \Recent messages below <paramref name="uidNext"/> for one session (RFC 3501 section 2.3.2): returns the first UID
    /// that no session has been told of yet. With <paramref name="keep"/> (EXAMINE) nothing is taken.
    /// </summary>
    Task<MailResult<Uid>> ClaimRecentAsync(Uid uidNext, bool keep, CancellationToken cancellationToken);

    /// <summary>UIDs expunged after <paramref name="since"/> (QRESYNC); null when the log no longer reaches back that far.</summary>
    Task<MailResult<UidSet?>> ExpungedSinceAsync(ModSeq since, CancellationToken cancellationToken);
}

/// <summary>Either a whole index or the deltas that lead from the caller's state to the newest one.</summary>
[Immutable]
public sealed record MailboxUpdate(MailboxIndex? Index, IReadOnlyList<MailboxDelta> Deltas)
{
    /// <summary>News for the caller, but somebody may have written since: who has to know asks once more, with this state.</summary>
    public bool IsUnconfirmed { get; init; }
}

/// <summary>A message for AppendAsync.</summary>
/// <param name="Prefix">Trace header fields that come before the body: whole lines, CRLF; empty for APPEND.</param>
/// <param name="InternalDate">RFC 9051 section 2.3.3; the time of arrival if the client gave none. Whole seconds are kept.</param>
[Immutable]
public sealed record AppendMessage(IngestedMessage Content, ReadOnlyMemory<byte> Prefix, FlagSet Flags, DateTimeOffset InternalDate)
{
    /// <summary>The message is a copy of one in another account and keeps this EMAILID; null for one that gets its own (RFC 8474 section 5.1).</summary>
    public ContentId? EmailId { get; init; }
}

/// <param name="Operation">For a delivery, a number made of its duplicate key: then a message delivered before is not stored again.</param>
[Immutable]
public sealed record AppendRequest(OperationId Operation, IReadOnlyList<AppendMessage> Messages);

/// <param name="Repeated">The request had been carried out before: nothing was added now.</param>
[GenerateSerializer, Alias("sora.AppendResult"), Immutable]
public sealed record AppendResult(
    [property: Id(0)] UidValidity UidValidity,
    [property: Id(1)] UidSet Uids,
    [property: Id(2)] ModSeq ModSeq,
    [property: Id(3)] bool Repeated = false);

/// <param name="Replaced">The messages of this mailbox that are removed.</param>
/// <param name="Destination">Where <paramref name="Messages"/> go; it may be this mailbox.</param>
[Immutable]
public sealed record ReplaceRequest(OperationId Operation, UidSet Replaced, MailboxId Destination, IReadOnlyList<AppendMessage> Messages);

/// <param name="Appended">The new messages in their mailbox.</param>
/// <param name="SourceModSeq">State of the mailbox of the replaced messages that no longer has them.</param>
[GenerateSerializer, Alias("sora.ReplaceResult"), Immutable]
public sealed record ReplaceResult([property: Id(0)] AppendResult Appended, [property: Id(1)] ModSeq SourceModSeq);

public enum StoreMode
{
    /// <summary>FLAGS: the message has exactly these flags afterwards.</summary>
    Replace,

    /// <summary>+FLAGS.</summary>
    Add,

    /// <summary>-FLAGS.</summary>
    Remove,
}

/// <param name="UnchangedSince">RFC 7162 section 3.1.3: messages with a higher mod-sequence are left alone.</param>
/// <param name="FlagRights">Flags that these rights do not cover stay as they are (<see cref="FlagMask.Covered"/>).</param>
/// <param name="TellChanges">The answer is to say which flags of which messages the request has changed.</param>
[GenerateSerializer, Alias("sora.StoreRequest"), Immutable]
public sealed record StoreRequest(
    [property: Id(0)] OperationId Operation,
    [property: Id(1)] UidSet Uids,
    [property: Id(2)] StoreMode Mode,
    [property: Id(3)] FlagSet Flags,
    [property: Id(4)] ModSeq? UnchangedSince = null,
    [property: Id(5)] Rights FlagRights = Rights.All,
    [property: Id(6)] bool TellChanges = false);

/// <summary>Messages of which a request has changed the same flags.</summary>
/// <param name="Uids">The messages.</param>
/// <param name="Flags">Those that were set or taken away.</param>
[GenerateSerializer, Alias("sora.ChangedFlags"), Immutable]
public sealed record ChangedFlags([property: Id(0)] UidSet Uids, [property: Id(1)] FlagSet Flags);

/// <param name="ModSeq">State of the mailbox that holds the change.</param>
/// <param name="Modified">UIDs that UNCHANGEDSINCE spared.</param>
[GenerateSerializer, Alias("sora.StoreResult"), Immutable]
public sealed record StoreResult([property: Id(0)] ModSeq ModSeq, [property: Id(1)] UidSet Modified)
{
    /// <summary>
    /// What the request itself has changed, for <see cref="StoreRequest.TellChanges"/>: of several requests that set a flag at once, one has. Empty for a request that was carried
    /// out before and is sent again.
    /// </summary>
    [Id(2)]
    public IReadOnlyList<ChangedFlags> Changes { get; init; } = [];
}

/// <param name="Uids">Only these (UID EXPUNGE); <see cref="UidSet.All"/> for EXPUNGE.</param>
/// <param name="OnlyDeleted">Only messages with \Deleted; false removes them all.</param>
[GenerateSerializer, Alias("sora.ExpungeRequest"), Immutable]
public sealed record ExpungeRequest(
    [property: Id(0)] OperationId Operation,
    [property: Id(1)] UidSet Uids,
    [property: Id(2)] bool OnlyDeleted = true);

[GenerateSerializer, Alias("sora.ExpungeResult"), Immutable]
public sealed record ExpungeResult([property: Id(0)] ModSeq ModSeq, [property: Id(1)] UidSet Expunged);

/// <param name="Move">Take the messages out of this mailbox in the same commit (RFC 6851).</param>
/// <param name="FlagRights">Flags that these rights do not cover are left behind (<see cref="FlagMask.Covered"/>).</param>
[GenerateSerializer, Alias("sora.CopyRequest"), Immutable]
public sealed record CopyRequest(
    [property: Id(0)] OperationId Operation,
    [property: Id(1)] UidSet Uids,
    [property: Id(2)] MailboxId Destination,
    [property: Id(3)] bool Move,
    [property: Id(4)] Rights FlagRights = Rights.All);

/// <summary>COPYUID (RFC 4315): the n-th UID of <paramref name="SourceUids"/> became the n-th of <paramref name="DestinationUids"/>, both ascending.</summary>
/// <param name="SourceModSeq">State of the source that holds a move's expunges; the state as it was for a copy.</param>
/// <param name="DestinationModSeq">State of the destination that holds the copies; none when there were none.</param>
[GenerateSerializer, Alias("sora.CopyResult"), Immutable]
public sealed record CopyResult(
    [property: Id(0)] UidValidity DestinationUidValidity,
    [property: Id(1)] UidSet SourceUids,
    [property: Id(2)] UidSet DestinationUids,
    [property: Id(3)] ModSeq SourceModSeq,
    [property: Id(4)] ModSeq DestinationModSeq = default);

/// <summary>Hears that a mailbox has changed. A nudge may come twice, late or never: the truth is always pulled.</summary>
public interface IMailboxSubscriber
{
    void Changed(MailboxId mailbox, ModSeq modSeq);

    /// <summary>As above, and these are records of the mailbox, in their order, that whoever knows the states before them need not pull. There may be none.</summary>
    void Changed(MailboxId mailbox, ModSeq modSeq, IReadOnlyList<MailboxDelta> records) => Changed(mailbox, modSeq);
}

/// <summary>What is appended to one of several mailboxes.</summary>
/// <param name="Mailbox">Of whatever account; no two of one request name the same one.</param>
public sealed record MailboxAppend(MailboxId Mailbox, AppendRequest Request);

/// <summary>Where the writers of mailboxes are found.</summary>
public interface IMailboxes
{
    /// <summary>Others write too, and what they have acknowledged is announced here a moment later: who has to know of it asks the mailbox.</summary>
    bool HearsLate { get; }

    IMailbox Get(MailboxId id);

    /// <summary>
    /// Appends to several mailboxes in one commit: all of it or nothing (RFC 5228 section 2.10.4: each fileinto of a message is carried out). A mailbox that has carried
    /// out its operation before takes no part in it, and its result says so. The errors are those of <see cref="IMailbox.AppendAsync"/>, of whichever mailbox has
    /// one. The results are in the order of <paramref name="appends"/>.
    /// </summary>
    Task<MailResult<ImmutableArray<AppendResult>>> AppendAllAsync(IReadOnlyList<MailboxAppend> appends, CancellationToken cancellationToken);

    /// <summary>Nudges the subscriber for each change until the result is disposed. Subscribe first, then open.</summary>
    IDisposable Subscribe(MailboxId id, IMailboxSubscriber subscriber);
}
