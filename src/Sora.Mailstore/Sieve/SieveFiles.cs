using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Sora.Contracts;

namespace Sora.Mailstore.Sieve;

/// <summary>The site's scripts: files that the options name, and the built-in default.</summary>
public sealed class SieveFiles : ISieveGlobals
{
    private static readonly SearchValues<char> NoFileName = SearchValues.Create("/\\:*?\"<>|");

    private readonly ConcurrentDictionary<string, SiteFile<SieveGlobalScript>> _included = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Around> _domains = new(StringComparer.OrdinalIgnoreCase);
    private readonly EventRule[] _events;
    private readonly Around _others;
    private readonly SieveOptions _options;
    private readonly SiteFileWatch _watch;
    private readonly Func<ReadOnlyMemory<byte>, string?>? _check;
    private readonly List<SiteFile<SieveGlobalScript>> _configured = [];

    /// <param name="options">[sieve]</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where it logs.</param>
    /// <param name="metrics">Where files that cannot be used are counted; null for nowhere.</param>
    /// <param name="check">Says why a script cannot be used, in a line, or null; null takes all of them.</param>
    public SieveFiles(
        SieveOptions options, TimeProvider time, ILoggerFactory loggers, MailstoreMetrics? metrics = null, Func<ReadOnlyMemory<byte>, string?>? check = null)
    {
        _options = options;
        _watch = new SiteFileWatch(options.RefreshFiles, time, loggers.CreateLogger<SieveFiles>(), metrics);
        _check = check;
        var before = Open("sieve.before", options.Before);
        var after = Open("sieve.after", options.After);
        _others = new Around(before, Default("sieve.default", options.Default), after);
        _events = [.. options.Imap.Select((rule, at) => new EventRule(
            rule,
            Open($"sieve.imap[{at}].before", rule.Before),
            Open($"sieve.imap[{at}].after", rule.After),
            Open($"sieve.imap[{at}].copy_source_after", rule.CopySourceAfter)))];
        for (var at = 0; at < options.Domains.Count; at++)
        {
            var domain = options.Domains[at];
            _domains[domain.Domain] = new Around(
                [.. before, .. Open($"sieve.domains[{at}].before", domain.Before)],
                domain.Default is null ? _others.Default : Default($"sieve.domains[{at}].default", domain.Default),
                [.. Open($"sieve.domains[{at}].after", domain.After), .. after]);
        }
    }

    /// <summary>What is wrong with the files that the options name, a line for each; a server does not start with any.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var file in _configured)
        {
            if (file.Problem is { } problem)
                yield return problem;
        }

        if (!string.IsNullOrEmpty(_options.GlobalFolder) && !Directory.Exists(_options.GlobalFolder))
            yield return $"sieve.global_folder: {_options.GlobalFolder}: there is no such folder";
    }

    public MailResult<SieveGlobalScripts> Around(ReadOnlySpan<char> domain)
    {
        var around = _domains.Count > 0 && _domains.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(domain, out var own) ? own : _others;
        if (around.HasNoFiles)
            return around.Last ??= new SieveGlobalScripts([], around.Default.BuiltIn, []);
        SieveGlobalScript? script = null;
        if (!TryReadAll(around.Before, out var before) || !TryReadAll(around.After, out var after)
            || (around.Default.File is { } file && (script = file.Read()) is null))
            return Unreadable();
        script ??= around.Default.BuiltIn;
        if (around.Last is { } last && ReferenceEquals(last.Default, script) && Same(last.Before, before) && Same(last.After, after))
            return last;
        return around.Last = new SieveGlobalScripts(before, script, after);
    }

    public MailResult<ImmutableArray<SieveEventScripts>> Events()
    {
        if (_events.Length == 0)
            return ImmutableArray<SieveEventScripts>.Empty;
        var scripts = ImmutableArray.CreateBuilder<SieveEventScripts>(_events.Length);
        foreach (var rule in _events)
        {
            if (!TryReadAll(rule.Before, out var before) || !TryReadAll(rule.After, out var after) || !TryReadAll(rule.CopySourceAfter, out var source))
                return Unreadable();
            scripts.Add(rule.Last = rule.Last is { } last && Same(last.Before, before) && Same(last.After, after) && Same(last.CopySourceAfter, source)
                ? last
                : new SieveEventScripts(rule.Options.Mailbox, rule.Options.From, rule.Causes, before, after, source));
        }

        return scripts.MoveToImmutable();
    }

    public MailResult<SieveGlobalScript> Find(string name)
    {
        if (string.IsNullOrEmpty(_options.GlobalFolder) || !IsFileName(name))
            return NoScript();
        if (!_included.TryGetValue(name, out var file))
        {
            // Only what is there is kept: names come from users
            var path = Path.Combine(_options.GlobalFolder, name + ".sieve");
            if (!File.Exists(path))
                return NoScript();
            file = Open("sieve.global_folder", path, name, takesBroken: true);
            if (_included.Count >= _options.MaxCachedFiles)
                _included.Clear();
            _included[name] = file;
        }

        var script = file.Read();
        if (file.IsMissing)
        {
            // No option names it: whoever deletes it means it
            _included.TryRemove(name, out _);
            return NoScript();
        }

        return script is null ? Unreadable() : script;
    }

    private static bool Same(ImmutableArray<SieveGlobalScript> left, ImmutableArray<SieveGlobalScript> right) =>
        left.AsSpan().SequenceEqual(right.AsSpan(), ReferenceEqualityComparer.Instance);

    // A name that stays within the folder on every system
    private static bool IsFileName(string name) =>
        name.Length is > 0 and <= SieveScriptName.MaxCharacters && name[0] != '.' && !name.AsSpan().ContainsAny(NoFileName)
        && SieveScriptName.Parse(name).IsOk;

    private static bool TryReadAll(SiteFile<SieveGlobalScript>[] files, out ImmutableArray<SieveGlobalScript> scripts)
    {
        scripts = [];
        if (files.Length == 0)
            return true;
        var read = ImmutableArray.CreateBuilder<SieveGlobalScript>(files.Length);
        foreach (var file in files)
        {
            if (file.Read() is not { } script)
                return false;
            read.Add(script);
        }

        scripts = read.MoveToImmutable();
        return true;
    }

    private (SiteFile<SieveGlobalScript>? File, SieveGlobalScript? BuiltIn) Default(string key, string? file) =>
        file is null ? (null, _options.CreateDetailMailbox ? DefaultScript.Creating : DefaultScript.Plain)
        : file.Length == 0 ? (null, null)
        : (Open(key, [file])[0], null);

    private SiteFile<SieveGlobalScript>[] Open(string key, IReadOnlyList<string> paths)
    {
        SiteFile<SieveGlobalScript>[] files = [.. paths.Select(path => Open(key, path, Path.GetFileNameWithoutExtension(path), takesBroken: false))];
        _configured.AddRange(files);
        return files;
    }

    private SiteFile<SieveGlobalScript> Open(string key, string path, string name, bool takesBroken) =>
        new(key, path, _options.MaxGlobalScriptSize.Bytes, (content, last) => Parse(name, content, takesBroken && last is null), _watch);

    // One for include that was never good is taken as it is: the script that includes it fails, and its owner is told why
    private SieveGlobalScript Parse(string name, ReadOnlyMemory<byte> content, bool takesBroken) =>
        !takesBroken && _check?.Invoke(content) is { } problem
            ? throw new InvalidDataException(problem)
            : new SieveGlobalScript(name, ScriptHash.Of(content.Span), content);

    private static MailError Unreadable() => MailError.Unavailable("A script of the site cannot be read");

    private static MailError NoScript() => new(MailErrorCode.NonExistent, "There is no global script by that name");
}

/// <summary>The files around the scripts of some users.</summary>
internal sealed class Around(SiteFile<SieveGlobalScript>[] before, (SiteFile<SieveGlobalScript>? File, SieveGlobalScript? BuiltIn) @default, SiteFile<SieveGlobalScript>[] after)
{
    private volatile SieveGlobalScripts? _last;

    public SiteFile<SieveGlobalScript>[] Before => before;

    public (SiteFile<SieveGlobalScript>? File, SieveGlobalScript? BuiltIn) Default => @default;

    public SiteFile<SieveGlobalScript>[] After => after;

    public bool HasNoFiles { get; } = before.Length == 0 && after.Length == 0 && @default.File is null;

    /// <summary>The scripts as they were read last.</summary>
    public SieveGlobalScripts? Last
    {
        get => _last;
        set => _last = value;
    }
}

/// <summary>The files of one [[sieve.imap]].</summary>
internal sealed class EventRule(
    SieveImapRuleOptions options, SiteFile<SieveGlobalScript>[] before, SiteFile<SieveGlobalScript>[] after, SiteFile<SieveGlobalScript>[] copySourceAfter)
{
    private volatile SieveEventScripts? _last;

    public SieveImapRuleOptions Options => options;

    public SiteFile<SieveGlobalScript>[] Before => before;

    public SiteFile<SieveGlobalScript>[] After => after;

    public SiteFile<SieveGlobalScript>[] CopySourceAfter => copySourceAfter;

    public SieveEventCauses Causes { get; } =
        options.Causes.Aggregate(SieveEventCauses.None, static (causes, cause) => causes | Enum.Parse<SieveEventCauses>(cause, ignoreCase: true));

    /// <summary>The scripts as they were read last.</summary>
    public SieveEventScripts? Last
    {
        get => _last;
        set => _last = value;
    }
}
