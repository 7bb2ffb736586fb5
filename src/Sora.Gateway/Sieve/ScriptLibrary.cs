using System.Collections.Immutable;
using Sora.Contracts;
using Sora.Sieve;

namespace Sora.Gateway.Sieve;

/// <summary>
/// The scripts of accounts and of the site, compiled. A script is compiled once, whoever has it: compiled scripts are kept by the hash of their bytes, so that neither
/// the bytes nor the database are asked for when a message comes. Scripts that do not compile are kept too. Thread-safe.
/// </summary>
/// <param name="scripts">The accounts' scripts; null when there are none.</param>
/// <param name="globals">The site's scripts.</param>
/// <param name="personal">How the accounts' scripts are compiled.</param>
/// <param name="site">How the site's are.</param>
/// <param name="maxScripts">Compiled scripts that are kept.</param>
/// <param name="maxBytes">Memory that they may take, as it is estimated.</param>
public sealed class ScriptLibrary(
    ISieveScripts? scripts, ISieveGlobals globals, SieveCompilerOptions personal, SieveCompilerOptions site, int maxScripts, long maxBytes)
{
    // A tree takes about so many bytes for each byte of source
    private const int TreePerSource = 8;

    private readonly Lock _lock = new();
    private readonly Dictionary<Key, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _order = []; // the last used one first
    private long _bytes;

    private readonly record struct Key(ContentHash Hash, bool IsOfSite);

    private sealed record Entry(Key Key, SieveCompilation Compilation, long Bytes);

    /// <summary>Scripts that are kept.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <summary>The account's active script; the name is null when it has none. UNAVAILABLE. Completes at once where lists and scripts are known.</summary>
    public ValueTask<MailResult<(string? Name, SieveCompilation? Script)>> FindActiveAsync(AccountId account, CancellationToken cancellationToken)
    {
        if (scripts is null)
            return new((default(string), default(SieveCompilation)));
        var finding = scripts.FindAsync(account, cancellationToken);
        if (!finding.IsCompletedSuccessfully)
            return FindActiveAsync(account, finding, cancellationToken);
        var list = finding.Result;

        // Most accounts have none: for them nothing is made
        return list is { IsOk: true, Value.Active: null }
            ? new((default(string), default(SieveCompilation)))
            : FindActiveAsync(account, list, cancellationToken);
    }

    private async ValueTask<MailResult<(string? Name, SieveCompilation? Script)>> FindActiveAsync(
        AccountId account, ValueTask<MailResult<SieveScriptList>> finding, CancellationToken cancellationToken) =>
        await FindActiveAsync(account, await finding, cancellationToken);

    private async ValueTask<MailResult<(string? Name, SieveCompilation? Script)>> FindActiveAsync(
        AccountId account, MailResult<SieveScriptList> list, CancellationToken cancellationToken)
    {
        if (!list.IsOk)
            return list.Error;
        if (list.Value.Active is not { } active)
            return (null, null);
        var compiled = await GetAsync(account, active, cancellationToken);
        if (compiled.IsOk)
            return (active.Name.Value, compiled.Value);

        // Deleted since the list was read: as if there were none
        return compiled.Error.Code == MailErrorCode.NonExistent ? (null, null) : compiled.Error;
    }

    /// <summary>The account's script of that name, for <c>include :personal</c> (RFC 6609 section 3.2). NONEXISTENT, UNAVAILABLE.</summary>
    public async ValueTask<MailResult<SieveCompilation>> FindPersonalAsync(AccountId account, string name, CancellationToken cancellationToken)
    {
        var parsed = SieveScriptName.Parse(name);
        if (!parsed.IsOk || scripts is null)
            return NoScript();
        var list = await scripts.FindAsync(account, cancellationToken);
        if (!list.IsOk)
            return list.Error;
        return list.Value.Find(parsed.Value) is { } script ? await GetAsync(account, script, cancellationToken) : NoScript();
    }

    /// <summary>The site's script of that name, for <c>include :global</c>. NONEXISTENT, UNAVAILABLE.</summary>
    public MailResult<SieveCompilation> FindGlobal(string name)
    {
        var script = globals.Find(name);
        return script.IsOk ? Compile(script.Value) : script.Error;
    }

    /// <summary>The script that <c>include</c> names; null when there is none.</summary>
    /// <exception cref="ScriptsUnavailableException">It cannot be read at the moment.</exception>
    internal async ValueTask<SieveCompilation?> FindIncludedAsync(AccountId account, string name, bool isGlobal, CancellationToken cancellationToken)
    {
        var script = isGlobal ? FindGlobal(name) : await FindPersonalAsync(account, name, cancellationToken);
        if (script.IsOk)
            return script.Value;
        return script.Error.Code == MailErrorCode.NonExistent ? null : throw new ScriptsUnavailableException(script.Error);
    }

    /// <summary>What a script that an account puts includes, and what is wrong with it; nothing where that cannot be known at the moment.</summary>
    /// <param name="account">Whose script it is.</param>
    /// <param name="name">The name that it will have; null where it has none.</param>
    /// <param name="script">The script.</param>
    /// <param name="limits">How deep scripts may include each other, and how many.</param>
    /// <param name="cancellationToken">Cancels looking for other scripts.</param>
    public async ValueTask<ImmutableArray<SieveDiagnostic>> CheckIncludesAsync(
        AccountId account, SieveScriptName? name, SieveScript script, SieveLimits limits, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(script);
        if (script.Includes.IsEmpty)
            return [];
        var check = new SieveIncludeCheck((other, isGlobal, token) => FindIncludedAsync(account, other, isGlobal, token), limits);
        try
        {
            return await check.WarningsAsync(name?.Value, script, cancellationToken);
        }
        catch (ScriptsUnavailableException)
        {
            return [];
        }
    }

    /// <summary>A script of the site, compiled.</summary>
    public SieveCompilation Compile(SieveGlobalScript script)
    {
        var key = new Key(script.Hash, true);
        return Find(key) ?? Keep(key, script.Content, site);
    }

    /// <summary>The scripts of a delivery in their order: the site's, the user's or in its place the site's default, the site's.</summary>
    public ScriptSequence Sequence(
        ImmutableArray<SieveGlobalScript> before, (string? Name, SieveCompilation? Script) active, SieveGlobalScript? @default, ImmutableArray<SieveGlobalScript> after)
    {
        var scripts = ImmutableArray.CreateBuilder<SieveSequenceItem>(before.Length + 1 + after.Length);
        foreach (var script in before)
        {
            if (Add(scripts, script.Name, Compile(script)) is { } broken)
                return new ScriptSequence(scripts.ToImmutable(), broken);
        }

        if (active is { Name: { } name, Script: { } own })
        {
            if (Add(scripts, name, own) is { } broken)
                return new ScriptSequence(scripts.ToImmutable(), broken);
        }
        else if (@default is not null && Add(scripts, @default.Name, Compile(@default)) is { } broken)
        {
            return new ScriptSequence(scripts.ToImmutable(), broken);
        }

        foreach (var script in after)
        {
            if (Add(scripts, script.Name, Compile(script)) is { } broken)
                return new ScriptSequence(scripts.ToImmutable(), broken);
        }

        return new ScriptSequence(scripts.ToImmutable());
    }

    private static BrokenScript? Add(ImmutableArray<SieveSequenceItem>.Builder scripts, string name, SieveCompilation compilation)
    {
        if (compilation.Script is not { } script)
            return BrokenScript.Of(name, compilation);
        scripts.Add(new SieveSequenceItem(name, script));
        return null;
    }

    private async ValueTask<MailResult<SieveCompilation>> GetAsync(AccountId account, SieveScriptEntry entry, CancellationToken cancellationToken)
    {
        if (Find(new Key(entry.Hash, false)) is { } known)
            return known;
        var script = await scripts!.GetAsync(account, entry.Name, cancellationToken);
        if (!script.IsOk)
            return script.Error;

        // It may have changed since it was listed; what is there now is what counts
        var key = new Key(script.Value.Entry.Hash, false);
        return Find(key) ?? Keep(key, script.Value.Content, personal);
    }

    private SieveCompilation? Find(Key key)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out var known))
                return null;
            if (!ReferenceEquals(_order.First, known))
            {
                _order.Remove(known);
                _order.AddFirst(known);
            }

            return known.Value.Compilation;
        }
    }

    // Two that compile the same script at once do no harm
    private SieveCompilation Keep(Key key, ReadOnlyMemory<byte> script, SieveCompilerOptions options)
    {
        var entry = new Entry(key, SieveCompiler.Compile(script, options), ((long)script.Length * TreePerSource) + 1024);
        lock (_lock)
        {
            if (_entries.ContainsKey(key))
                return entry.Compilation;
            _entries[key] = _order.AddFirst(entry);
            _bytes += entry.Bytes;
            while (_order.Last is { } last && (_entries.Count > maxScripts || _bytes > maxBytes))
            {
                _order.RemoveLast();
                _entries.Remove(last.Value.Key);
                _bytes -= last.Value.Bytes;
            }
        }

        return entry.Compilation;
    }

    private static MailError NoScript() => new(MailErrorCode.NonExistent, "There is no script by that name");
}
