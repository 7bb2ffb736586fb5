namespace Sora.Histories;

public enum OperationKind
{
    Select,
    Fetch,
    Store,
    Copy,
    Move,
    Expunge,
    Append,
    Deliver,
    Status,
    Noop,
    Idle,
}

/// <summary>What a client knows of a command's fate.</summary>
public enum Outcome
{
    /// <summary>No answer: the connection died, or nobody waited any longer. It may have been carried out, or may be later.</summary>
    Unknown,
    Ok,

    /// <summary>NO, or LMTP's 4yz and 5yz. It may have been carried out all the same, when the server lost its database before it knew.</summary>
    No,

    /// <summary>Refused as malformed; it had no effect.</summary>
    Bad,
}

/// <summary>One thing a client asked for, with what it was told until the answer came. Times are ticks of the <see cref="History"/>'s clock.</summary>
public sealed class Operation
{
    /// <summary>The connection, such as "imap3.2@node1": the second one of client 3.</summary>
    public required string Connection { get; init; }

    public required OperationKind Kind { get; init; }

    /// <summary>The mailbox that is selected, or that a message goes to; one name for all who see it.</summary>
    public required string Mailbox { get; init; }

    /// <summary>As it was sent, for people.</summary>
    public required string Command { get; init; }

    /// <summary>Just before it was sent.</summary>
    public long Start { get; set; }

    /// <summary>Just after the answer came; <see cref="long.MaxValue"/> as long as none has.</summary>
    public long End { get; set; } = long.MaxValue;

    public Outcome Outcome { get; set; }

    /// <summary>The tagged line, for people.</summary>
    public string Answer { get; set; } = "";

    /// <summary>Where COPY and MOVE go.</summary>
    public string? Destination { get; init; }

    /// <summary>The identity of the message of APPEND or a delivery.</summary>
    public string? Message { get; init; }

    /// <summary>The messages that the command's set means in the client's view. Empty for EXPUNGE, which means all that have \Deleted.</summary>
    public IReadOnlyList<uint> Uids { get; init; } = [];

    /// <summary>Flags that STORE adds, or that APPEND gives.</summary>
    public IReadOnlyList<string> Added { get; init; } = [];

    /// <summary>Flags that STORE removes.</summary>
    public IReadOnlyList<string> Removed { get; init; } = [];

    /// <summary>STORE: the client alone changes these flags, and knows that each message gets another state.</summary>
    public bool IsChange { get; init; }

    /// <summary>FETCH of UID, flags, mod-sequence and identity of every message, right after SELECT.</summary>
    public bool IsWhole { get; init; }

    /// <summary>FETCH or STORE with sequence numbers, while which no EXPUNGE may come (RFC 9051 section 7.5.1).</summary>
    public bool BySequence { get; init; }

    /// <summary>COPYUID and APPENDUID (RFC 4315): UIDs in the source, none for APPEND, and in the same order those in the destination.</summary>
    public Placed? Placed { get; set; }

    /// <summary>What was told meanwhile, in the order in which it came.</summary>
    public List<ViewEvent> Events { get; } = [];

    /// <summary>It may have changed something.</summary>
    public bool MayHaveHappened => Outcome != Outcome.Bad;

    public bool IsOk => Outcome == Outcome.Ok;
}

/// <summary>What COPYUID or APPENDUID said.</summary>
public sealed record Placed(uint UidValidity, IReadOnlyList<uint> From, IReadOnlyList<uint> To);
