namespace Sora.Contracts;

/// <summary>A message as the index knows it. Dates are seconds since 1970-01-01 UTC.</summary>
public readonly record struct MessageRow(
    uint Uid, long ModSeq, ulong Flags, long InternalDate, long SaveDate, uint Size, ContentId Content);

/// <summary>A message that a record appends; its mod-sequence is the record's.</summary>
public readonly record struct AppendedMessage(uint Uid, ulong Flags, long InternalDate, long SaveDate, uint Size, ContentId Content);

/// <summary>For each message of the set: remove, then add. Messages whose flags stay the same keep their mod-sequence.</summary>
public readonly record struct FlagChange(UidSet Uids, ulong Add, ulong Remove);

/// <summary>The flags that expunged messages had, all the same ones.</summary>
public readonly record struct ExpungedFlags(UidSet Uids, ulong Flags);

/// <summary>A keyword takes a slot of the flag mask; a slot that is taken anew was unused before.</summary>
public readonly record struct KeywordDefinition(int Slot, string Name);

/// <summary>What a request came to, kept so that the same request sent again gets the same answer.</summary>
/// <param name="Uids">The UIDs that an append gave, an expunge removed, a store spared, or a copy gave in the destination.</param>
/// <param name="SourceUids">The UIDs that a copy or move took.</param>
/// <param name="Time">When it was committed, in seconds since 1970-01-01 UTC.</param>
[GenerateSerializer, Alias("sora.CompletedOperation"), Immutable]
public readonly record struct CompletedOperation(
    [property: Id(0)] OperationId Id,
    [property: Id(1)] UidSet Uids,
    [property: Id(2)] UidSet SourceUids,
    [property: Id(3)] UidValidity UidValidity,
    [property: Id(4)] long ModSeq,
    [property: Id(5)] long Time);

/// <summary>
/// One record of a mailbox's log: the only way an index changes, in the writer, in every replica and when it is read back. Within a record
/// the order is keywords, appends, flag changes in their order, expunges.
/// </summary>
[Immutable]
public sealed record MailboxDelta
{
    /// <summary>Number of the record; it leads from the state before it (<c>ModSeq - 1</c>) to this one.</summary>
    public required ModSeq ModSeq { get; init; }

    public IReadOnlyList<KeywordDefinition> Keywords { get; init; } = [];

    /// <summary>Ascending by UID; every UID is at or above the UIDNEXT before it.</summary>
    public IReadOnlyList<AppendedMessage> Appended { get; init; } = [];

    public IReadOnlyList<FlagChange> FlagChanges { get; init; } = [];

    public UidSet Expunged { get; init; } = UidSet.Empty;

    /// <summary>For whoever brings <see cref="Expunged"/> messages back: which flags they had, where they had any.</summary>
    public IReadOnlyList<ExpungedFlags> ExpungedFlags { get; init; } = [];

    /// <summary>What the keywords of <see cref="ExpungedFlags"/> were called; slots are given anew.</summary>
    public IReadOnlyList<KeywordDefinition> ExpungedKeywords { get; init; } = [];

    /// <summary>Those of <see cref="Expunged"/> that are not gone, but in another place (MOVE).</summary>
    public UidSet Moved { get; init; } = UidSet.Empty;

    /// <summary>UIDNEXT after the record.</summary>
    public required uint UidNext { get; init; }

    /// <summary>The first UID that no session has been told of as \Recent.</summary>
    public uint FirstRecent { get; init; }

    public IReadOnlyList<CompletedOperation> Operations { get; init; } = [];

    /// <summary>The mailbox was deleted: no record may follow.</summary>
    public bool IsEnd { get; init; }
}
