namespace Sora.Contracts;

/// <summary>Layout of the 64-bit flag mask: bits 0 to 4 are the system flags, bit 5 + n is the mailbox's keyword in slot n.</summary>
public static class FlagMask
{
    public const ulong Seen = (ulong)SystemFlags.Seen;
    public const ulong Answered = (ulong)SystemFlags.Answered;
    public const ulong Flagged = (ulong)SystemFlags.Flagged;
    public const ulong Deleted = (ulong)SystemFlags.Deleted;
    public const ulong Draft = (ulong)SystemFlags.Draft;

    public const int SystemBits = 5;
    public const ulong System = (1UL << SystemBits) - 1;

    /// <summary>How many keywords a mailbox can have in use at once.</summary>
    public const int MaxKeywords = 64 - SystemBits;

    /// <summary>The flags that somebody with these rights may change (RFC 4314 section 4).</summary>
    public static ulong Covered(Rights rights) =>
        ((rights & Rights.KeepSeen) != Rights.None ? Seen : 0)
        | ((rights & Rights.DeleteMessages) != Rights.None ? Deleted : 0)
        | ((rights & Rights.Write) != Rights.None ? ~(Seen | Deleted) : 0);

    public static ulong OfKeyword(int slot) => 1UL << (SystemBits + slot);
}
