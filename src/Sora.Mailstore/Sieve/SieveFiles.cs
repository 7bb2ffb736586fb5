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

    private readonly ConcurrentDictionary<string, ScriptFile> _included = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Around> _domains = new(StringComparer.OrdinalIgnoreCase);
    private readonly EventRule[] _events;
    private readonly Around _others;
    private readonly SieveOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public SieveFiles(SieveOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        _options = options;
        _time = time;
        _logger = loggers.CreateLogger<SieveFiles>();
        ScriptFile[] before = [.. options.Before.Select(Open)];
        ScriptFile[] after = [.. options.After.Select(Open)];
        _others = new Around(before, Default(options.Default), after);
        _events = [.. options.Imap.Select(rule => new EventRule(
            rule, [.. rule.Before.Select(Open)], [.. rule.After.Select(Open)], [.. rule.CopySourceAfter.Select(Open)]))];
        foreach (var domain in options.Domains)
        {
            _domains[domain.Domain] = new Around(
                [.. before, .. domain.Before.Select(Open)],
                domain.Default is null ? _others.Default : Default(domain.Default),
                [.. domain.After.Select(Open), .. after]);
        }
    }

    public MailResult<SieveGlobalScripts> Around(ReadOnlySpan<char> domain)
    {
        var around = _domains.Count > 0 && _domains.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(domain, out var own) ? own : _others;
        if (around.HasNoFiles)
            return around.Last ??= new SieveGlobalScripts([], around.Default.BuiltIn, []);
        SieveGlobalScript? script = null;
        if (!TryReadAll(around.Before, out var before) || !TryReadAll(around.After, out var after)
            || (around.Default.File is { } file && !TryRead(file, out script)))
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
            file = Open(Path.Combine(_options.GlobalFolder, name + ".sieve"), name);
            if (!File.Exists(file.Path))
                return NoScript();
            if (_included.Count >= _options.MaxCachedFiles)
                _included.Clear();
            _included[name] = file;
        }

        try
        {
            return file.Read();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            _included.TryRemove(name, out _);
            return NoScript();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.ScriptFileFailed(_logger, file.Path, e.Message);
            return Unreadable();
        }
    }

    private static bool Same(ImmutableArray<SieveGlobalScript> left, ImmutableArray<SieveGlobalScript> right) =>
        left.AsSpan().SequenceEqual(right.AsSpan(), ReferenceEqualityComparer.Instance);

    // A name that stays within the folder on every system
    private static bool IsFileName(string name) =>
        name.Length is > 0 and <= SieveScriptName.MaxCharacters && name[0] != '.' && !name.AsSpan().ContainsAny(NoFileName)
        && SieveScriptName.Parse(name).IsOk;

    private bool TryReadAll(ScriptFile[] files, out ImmutableArray<SieveGlobalScript> scripts)
    {
        scripts = [];
        if (files.Length == 0)
            return true;
        var read = ImmutableArray.CreateBuilder<SieveGlobalScript>(files.Length);
        foreach (var file in files)
        {
            if (!TryRead(file, out var script))
                return false;
            read.Add(script!);
        }

        scripts = read.MoveToImmutable();
        return true;
    }

    private bool TryRead(ScriptFile file, out SieveGlobalScript? script)
    {
        try
        {
            script = file.Read();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.ScriptFileFailed(_logger, file.Path, e.Message);
            script = null;
            return false;
        }
    }

    private (ScriptFile? File, SieveGlobalScript? BuiltIn) Default(string? file) =>
        file is null ? (null, _options.CreateDetailMailbox ? DefaultScript.Creating : DefaultScript.Plain)
        : file.Length == 0 ? (null, null)
        : (Open(file), null);

    private ScriptFile Open(string path) => Open(path, Path.GetFileNameWithoutExtension(path));

    private ScriptFile Open(string path, string name) => new(path, name, _options.MaxGlobalScriptSize.Bytes, _options.RefreshFiles, _time);

    private static MailError Unreadable() => MailError.Unavailable("A script of the site cannot be read");

    private static MailError NoScript() => new(MailErrorCode.NonExistent, "There is no global script by that name");
}

/// <summary>The files around the scripts of some users.</summary>
internal sealed class Around(ScriptFile[] before, (ScriptFile? File, SieveGlobalScript? BuiltIn) @default, ScriptFile[] after)
{
    private volatile SieveGlobalScripts? _last;

    public ScriptFile[] Before => before;

    public (ScriptFile? File, SieveGlobalScript? BuiltIn) Default => @default;

    public ScriptFile[] After => after;

    public bool HasNoFiles { get; } = before.Length == 0 && after.Length == 0 && @default.File is null;

    /// <summary>The scripts as they were read last.</summary>
    public SieveGlobalScripts? Last
    {
        get => _last;
        set => _last = value;
    }
}

/// <summary>The files of one [[sieve.imap]].</summary>
internal sealed class EventRule(SieveImapRuleOptions options, ScriptFile[] before, ScriptFile[] after, ScriptFile[] copySourceAfter)
{
    private volatile SieveEventScripts? _last;

    public SieveImapRuleOptions Options => options;

    public ScriptFile[] Before => before;

    public ScriptFile[] After => after;

    public ScriptFile[] CopySourceAfter => copySourceAfter;

    public SieveEventCauses Causes { get; } =
        options.Causes.Aggregate(SieveEventCauses.None, static (causes, cause) => causes | Enum.Parse<SieveEventCauses>(cause, ignoreCase: true));

    /// <summary>The scripts as they were read last.</summary>
    public SieveEventScripts? Last
    {
        get => _last;
        set => _last = value;
    }
}
