using System.Collections.Immutable;

namespace Sora.Sieve;

/// <summary>What of IMAP starts scripts (RFC 6785 section 4.3).</summary>
public enum SieveImapCause
{
    /// <summary>APPEND.</summary>
    Append,

    /// <summary>COPY, and MOVE at its destination.</summary>
    Copy,

    /// <summary>A change of flags, by whatever command.</summary>
    Flag,

    /// <summary>
    /// FILTER (draft-bosch-imap-filter-sieve): no event of RFC 6785. The scripts of deliveries run once more on a message that is in a mailbox, with its envelope as far as that
    /// can be told; what answers a sender is passed over.
    /// </summary>
    Filter,
}

/// <summary>
/// An event in IMAP that scripts run for (RFC 6785): the message is in the mailbox already and stays as it is, what scripts change about it goes only where they send or
/// file it.
/// </summary>
/// <param name="Cause">What happened: <c>imap.cause</c>.</param>
/// <param name="Mailbox">The mailbox that the message is in: <c>imap.mailbox</c>.</param>
public sealed record SieveImapEvent(SieveImapCause Cause, string Mailbox)
{
    /// <summary>Capabilities that scripts on events may require, and those of FILTER must not.</summary>
    public static IReadOnlyList<string> OnlyForEvents => Runtime.ImapEventRun.OnlyForEvents;

    /// <summary>Who did it, as they log in: <c>imap.user</c>.</summary>
    public string User { get; init; } = "";

    /// <summary>Their primary address: <c>imap.email</c>.</summary>
    public string Email { get; init; } = "";

    /// <summary>The mailbox that the message was copied or moved from: <c>vnd.dovecot.mailbox-from</c>; null when it was not.</summary>
    public string? From { get; init; }

    /// <summary>The mailbox that it was put into: <c>vnd.dovecot.mailbox-to</c>. Not <see cref="Mailbox"/> where scripts look at the original of a copy.</summary>
    public string To { get; init; } = Mailbox;

    /// <summary>The flags that were set or taken away, for <see cref="SieveImapCause.Flag"/>: <c>imap.changedflags</c>.</summary>
    public ImmutableArray<string> ChangedFlags { get; init; } = [];

    /// <summary>The scripts are those of deliveries, run once more.</summary>
    public bool IsFilter => Cause == SieveImapCause.Filter;

    /// <summary>The message's flags after what happened: what <c>hasflag</c> sees, and what <c>addflag</c> adds to.</summary>
    public ImmutableArray<string> Flags { get; init; } = [];
}

/// <summary>What is to become of the flags of the message that an event was about (RFC 6785 section 3).</summary>
/// <param name="Added">Flags to set; <c>\Deleted</c> where the script does not keep the message (section 2.2.4).</param>
/// <param name="Removed">Flags to take away.</param>
public sealed record SieveFlagChange(ImmutableArray<string> Added, ImmutableArray<string> Removed)
{
    /// <summary>What leads from some flags to others; null when they are the same.</summary>
    public static SieveFlagChange? Between(ImmutableArray<string> before, ImmutableArray<string> after)
    {
        var change = new SieveFlagChange(
            after.RemoveRange(before, StringComparer.OrdinalIgnoreCase), before.RemoveRange(after, StringComparer.OrdinalIgnoreCase));
        return change.Added.IsEmpty && change.Removed.IsEmpty ? null : change;
    }
}
