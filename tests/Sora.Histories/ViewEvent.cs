namespace Sora.Histories;

public enum ViewEventKind
{
    /// <summary>Number: how many messages there are.</summary>
    Exists,

    /// <summary>Number: the sequence number that is gone.</summary>
    Expunge,

    /// <summary>Uids that are gone (RFC 7162 section 3.2.10).</summary>
    Vanished,

    /// <summary>Number: the sequence number of the message.</summary>
    Fetch,
    UidValidity,
    UidNext,
    HighestModSeq,
}

/// <summary>One untagged response, or one response code of a tagged one.</summary>
public sealed record ViewEvent(long Time, ViewEventKind Kind, ulong Number)
{
    public MessageState? Message { get; init; }

    public IReadOnlyList<uint> Uids { get; init; } = [];

    /// <summary>For people.</summary>
    public override string ToString() => Kind switch
    {
        ViewEventKind.Fetch => $"{Number} FETCH ({Message})",
        ViewEventKind.Vanished => $"VANISHED {string.Join(',', Uids)}",
        ViewEventKind.Exists or ViewEventKind.Expunge => $"{Number} {Kind.ToString().ToUpperInvariant()}",
        _ => $"[{Kind.ToString().ToUpperInvariant()} {Number}]",
    };
}

/// <summary>What a FETCH response said of a message; what it did not say is null or 0.</summary>
/// <param name="Uid">The UID.</param>
/// <param name="ModSeq">The mod-sequence.</param>
/// <param name="Flags">The flags in the order of their characters, without \Recent, which belongs to a session (RFC 3501 section 2.3.2).</param>
/// <param name="Identity">What the client that made the message wrote into it.</param>
public sealed record MessageState(uint Uid, ulong ModSeq = 0, IReadOnlyList<string>? Flags = null, string? Identity = null)
{
    public bool Has(string flag) => Flags is not null && Flags.Contains(flag, StringComparer.OrdinalIgnoreCase);

    public bool HasFlagsOf(MessageState other) =>
        Flags is not null && other.Flags is not null && Flags.SequenceEqual(other.Flags, StringComparer.OrdinalIgnoreCase);

    public override string ToString() => string.Join(' ', Parts());

    private IEnumerable<string> Parts()
    {
        if (Uid != 0)
            yield return $"UID {Uid}";
        if (ModSeq != 0)
            yield return $"MODSEQ ({ModSeq})";
        if (Flags is not null)
            yield return $"FLAGS ({string.Join(' ', Flags)})";
        if (Identity is not null)
            yield return $"message {Identity}";
    }
}
