using System.Collections.Immutable;

namespace Sora.Contracts;

/// <summary>A script as its account lists it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Hash">BLAKE3-256 of its bytes: equal for equal scripts, of whatever account, so that a compiled script can be found by it.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="IsActive">It is the one that filters incoming mail; at most one of an account is.</param>
/// <param name="CreatedAt">When it was first put under a name.</param>
/// <param name="ChangedAt">When its bytes were last put.</param>
[GenerateSerializer, Alias("sora.SieveScriptEntry"), Immutable]
public sealed record SieveScriptEntry(
    [property: Id(0)] SieveScriptName Name,
    [property: Id(1)] ContentHash Hash,
    [property: Id(2)] int Size,
    [property: Id(3)] bool IsActive,
    [property: Id(4)] DateTimeOffset CreatedAt,
    [property: Id(5)] DateTimeOffset ChangedAt);

/// <summary>The scripts of an account at one moment, in ordinal order of their names.</summary>
/// <param name="Scripts">All of them.</param>
[GenerateSerializer, Alias("sora.SieveScriptList"), Immutable]
public sealed record SieveScriptList([property: Id(0)] ImmutableArray<SieveScriptEntry> Scripts)
{
    /// <summary>The list of an account without scripts.</summary>
    public static SieveScriptList Empty { get; } = new([]);

    /// <summary>The active script, or null.</summary>
    public SieveScriptEntry? Active
    {
        get
        {
            foreach (var script in Scripts)
            {
                if (script.IsActive)
                    return script;
            }

            return null;
        }
    }

    /// <summary>The script of that name, or null.</summary>
    public SieveScriptEntry? Find(SieveScriptName name)
    {
        foreach (var script in Scripts)
        {
            if (script.Name == name)
                return script;
        }

        return null;
    }
}

/// <summary>A script with its bytes.</summary>
/// <param name="Entry">As it is listed.</param>
/// <param name="Content">Its bytes; <see cref="SieveScriptEntry.Hash"/> is theirs.</param>
[GenerateSerializer, Alias("sora.SieveScriptContent"), Immutable]
public sealed record SieveScriptContent([property: Id(0)] SieveScriptEntry Entry, [property: Id(1)] byte[] Content);

/// <summary>
/// The Sieve scripts of accounts (RFC 5804); those that <c>include :personal</c> names (RFC 6609) are these too. Changes are durable when the call
/// returns, and other processes hear of them as soon as they can be reached. Whether a script compiles is asked by whoever puts it.
/// </summary>
public interface ISieveScripts
{
    /// <summary>The scripts as they are now. UNAVAILABLE.</summary>
    Task<MailResult<SieveScriptList>> ListAsync(AccountId account, CancellationToken cancellationToken);

    /// <summary>
    /// The scripts as this process knows them, for deliveries: most of the time without asking the database. A change by this process is known at
    /// once, a change by another one when it is announced. UNAVAILABLE.
    /// </summary>
    ValueTask<MailResult<SieveScriptList>> FindAsync(AccountId account, CancellationToken cancellationToken);

    /// <summary>A script with its bytes. NONEXISTENT, UNAVAILABLE.</summary>
    Task<MailResult<SieveScriptContent>> GetAsync(AccountId account, SieveScriptName name, CancellationToken cancellationToken);

    /// <summary>Whether a script could be put now (HAVESPACE). TOOBIG, LIMIT for too many scripts, OVERQUOTA for all together, UNAVAILABLE.</summary>
    /// <param name="account">Whose script.</param>
    /// <param name="name">A script that has this name already would be replaced.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<MailResult<Done>> CheckSpaceAsync(AccountId account, SieveScriptName name, long size, CancellationToken cancellationToken);

    /// <summary>Creates a script, which is not active, or replaces its bytes. The errors of <see cref="CheckSpaceAsync"/>, and CANNOT for an empty script.</summary>
    Task<MailResult<Done>> PutAsync(AccountId account, SieveScriptName name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Renames a script; an active one stays active. NONEXISTENT, ALREADYEXISTS (also for its own name), UNAVAILABLE.</summary>
    Task<MailResult<Done>> RenameAsync(AccountId account, SieveScriptName from, SieveScriptName to, CancellationToken cancellationToken);

    /// <summary>Deletes a script. NONEXISTENT, INUSE for the active one, UNAVAILABLE.</summary>
    Task<MailResult<Done>> DeleteAsync(AccountId account, SieveScriptName name, CancellationToken cancellationToken);

    /// <summary>Makes a script the only active one, or, with null, no script. NONEXISTENT, UNAVAILABLE.</summary>
    Task<MailResult<Done>> ActivateAsync(AccountId account, SieveScriptName? name, CancellationToken cancellationToken);
}
