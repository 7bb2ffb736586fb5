using System.Collections.Immutable;

namespace Sora.Contracts;

/// <summary>A script of the site.</summary>
/// <param name="Name">What stands for it in logs: the file's name, or <c>default</c>.</param>
/// <param name="Hash">BLAKE3-256 of its bytes.</param>
/// <param name="Content">Its bytes.</param>
public sealed record SieveGlobalScript(string Name, ContentHash Hash, ReadOnlyMemory<byte> Content)
{
    /// <summary>
    /// A header field without which, and without a detail in the recipient's address, the script keeps the message and does nothing else: then it need not run. Null
    /// when that is not known.
    /// </summary>
    public string? OnlyWithField { get; init; }
}

/// <summary>The site's scripts around a user's.</summary>
/// <param name="Before">Those that run first, in order: the server's, then the domain's.</param>
/// <param name="Default">The one that runs in the place of the user's when no script of the user is active; null for none.</param>
/// <param name="After">Those that run last, in order: the domain's, then the server's.</param>
public sealed record SieveGlobalScripts(
    ImmutableArray<SieveGlobalScript> Before, SieveGlobalScript? Default, ImmutableArray<SieveGlobalScript> After);

/// <summary>What of IMAP starts scripts (RFC 6785 section 4.3), as a set.</summary>
[Flags]
public enum SieveEventCauses
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>APPEND and REPLACE.</summary>
    Append = 1,

    /// <summary>COPY, and MOVE at its destination.</summary>
    Copy = 2,

    /// <summary>Changed flags.</summary>
    Flag = 4,

    /// <summary>All of them.</summary>
    All = Append | Copy | Flag,
}

/// <summary>Scripts of the site for events in some mailboxes.</summary>
/// <param name="Mailbox">Which mailboxes, by their owners' names: a pattern as LIST has it.</param>
/// <param name="From">Only for what was copied or moved out of mailboxes of this pattern; null for all.</param>
/// <param name="Causes">For which events.</param>
/// <param name="Before">Those that run before the one that the mailbox has been given, in order.</param>
/// <param name="After">Those that run after it, in order.</param>
/// <param name="CopySourceAfter">Those that run last, and on the original of a message that was copied, in order.</param>
public sealed record SieveEventScripts(
    string Mailbox, string? From, SieveEventCauses Causes, ImmutableArray<SieveGlobalScript> Before, ImmutableArray<SieveGlobalScript> After,
    ImmutableArray<SieveGlobalScript> CopySourceAfter);

/// <summary>The scripts of the site, which are files of each node. A file that has changed is read again within a few seconds. As long as none has, the same objects come back.</summary>
public interface ISieveGlobals
{
    /// <summary>The scripts around those of the users of a domain. UNAVAILABLE when a file that is configured cannot be read.</summary>
    /// <param name="domain">Domain of the account's primary address, lower case.</param>
    MailResult<SieveGlobalScripts> Around(ReadOnlySpan<char> domain);

    /// <summary>The scripts for events in IMAP, in the order of the configuration. UNAVAILABLE when a file that is configured cannot be read.</summary>
    MailResult<ImmutableArray<SieveEventScripts>> Events();

    /// <summary>The script that <c>include :global</c> names (RFC 6609 section 3.2). NONEXISTENT, UNAVAILABLE.</summary>
    MailResult<SieveGlobalScript> Find(string name);
}
