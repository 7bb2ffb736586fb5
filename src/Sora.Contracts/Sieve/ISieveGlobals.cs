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

/// <summary>The scripts of the site, which are files of each node. A file that has changed is read again within a few seconds. As long as none has, the same objects come back.</summary>
public interface ISieveGlobals
{
    /// <summary>The scripts around those of the users of a domain. UNAVAILABLE when a file that is configured cannot be read.</summary>
    /// <param name="domain">Domain of the account's primary address, lower case.</param>
    MailResult<SieveGlobalScripts> Around(ReadOnlySpan<char> domain);

    /// <summary>The script that <c>include :global</c> names (RFC 6609 section 3.2). NONEXISTENT, UNAVAILABLE.</summary>
    MailResult<SieveGlobalScript> Find(string name);
}
