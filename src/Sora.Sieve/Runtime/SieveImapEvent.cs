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
}

/// <summary>
/// An event in IMAP that scripts run for (RFC 6785): the message is in the mailbox already and stays as it is, what scripts change about it goes only where they send or
/// file it.
/// </summary>
/// <param name="Cause">What happened: <c>imap.cause</c>.</param>
/// <param name="Mailbox">The mailbox that the message is in: <c>imap.mailbox</c>.</param>
public sealed record SieveImapEvent(SieveImapCause Cause, string Mailbox)
{
    /// <summary>Who did it, as they log in: <c>imap.user</c>.</summary>
    public string User { get; init; } = "";

    /// <summary>Their primary address: <c>imap.email</c>.</summary>
    public string Email { get; init; } = "";

    /// <summary>The flags that were set or taken away, for <see cref="SieveImapCause.Flag"/>: <c>imap.changedflags</c>.</summary>
    public ImmutableArray<string> ChangedFlags { get; init; } = [];

    /// <summary>The message's flags after what happened: what <c>hasflag</c> sees, and what <c>addflag</c> adds to.</summary>
    public ImmutableArray<string> Flags { get; init; } = [];
}

/// <summary>What is to become of the flags of the message that an event was about (RFC 6785 section 3).</summary>
/// <param name="Added">Flags to set; <c>\Deleted</c> where the script does not keep the message (section 2.2.4).</param>
/// <param name="Removed">Flags to take away.</param>
public sealed record SieveFlagChange(ImmutableArray<string> Added, ImmutableArray<string> Removed);
