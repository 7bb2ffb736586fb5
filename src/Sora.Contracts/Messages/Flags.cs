using System.Collections.Immutable;

namespace Sora.Contracts;

/// <summary>System flags of RFC 9051 section 2.3.2. Their values are the low bits of the flag mask in the index and in the log: do not change them.</summary>
[Flags]
public enum SystemFlags : byte
{
    None = 0,
    Seen = 1,
    Answered = 2,
    Flagged = 4,
    Deleted = 8,
    Draft = 16,
}

/// <summary>Flags and keywords as a client names them; the mailbox's writer turns them into a mask.</summary>
[GenerateSerializer, Alias("sora.FlagSet"), Immutable]
public sealed record FlagSet([property: Id(0)] SystemFlags System, [property: Id(1)] ImmutableArray<string> Keywords)
{
    public static readonly FlagSet Empty = new(SystemFlags.None, []);

    public bool IsEmpty => System == SystemFlags.None && Keywords.IsEmpty;

    /// <summary>Those of the flags that somebody with these rights may set (RFC 4314 section 4).</summary>
    public FlagSet CoveredBy(Rights rights)
    {
        var covered = FlagMask.Covered(rights);
        var system = System & (SystemFlags)(covered & FlagMask.System);
        var keepsKeywords = Keywords.IsEmpty || (rights & Rights.Write) != Rights.None;
        return system == System && keepsKeywords ? this : new FlagSet(system, keepsKeywords ? Keywords : []);
    }

    public static FlagSet Of(SystemFlags flags, params string[] keywords) => new(flags, [.. keywords]);
}
