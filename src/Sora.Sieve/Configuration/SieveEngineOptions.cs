using System.Collections.Immutable;
using Sora.Configuration;

namespace Sora.Sieve;

/// <summary>[sieve_limits]: what scripts may use, wherever they are compiled and run.</summary>
[Section("What Sieve scripts may use; a script beyond these limits is refused, or ends with an error and the message is kept")]
public sealed class SieveEngineOptions : IValidatableOptions
{
    /// <summary>Capability strings that scripts may not require.</summary>
    [Option("Extensions that scripts may not require, by their capability strings")]
    public IReadOnlyList<string> DisabledExtensions { get; set; } = [];

    /// <inheritdoc cref="SieveCompilerOptions.MaxBlockDepth"/>
    [Option("How deep blocks may be nested", Reference = "RFC 5228 2.10.7: at least 15")]
    [OptionRange(15, 100)]
    public int MaxBlockDepth { get; set; } = SieveCompilerOptions.Default.MaxBlockDepth;

    /// <inheritdoc cref="SieveCompilerOptions.MaxTestDepth"/>
    [Option("How deep tests may be nested", Reference = "RFC 5228 2.10.7: at least 15")]
    [OptionRange(15, 100)]
    public int MaxTestDepth { get; set; } = SieveCompilerOptions.Default.MaxTestDepth;

    /// <inheritdoc cref="SieveCompilerOptions.MaxCommands"/>
    [Option("Commands and tests in one script")]
    [OptionRange(100, 1_000_000)]
    public int MaxCommands { get; set; } = SieveCompilerOptions.Default.MaxCommands;

    /// <inheritdoc cref="SieveCompilerOptions.MaxStringSize"/>
    [Option("Longest string in a script, or made of variables")]
    [OptionRange("4KiB", "16MiB")]
    public ByteSize MaxStringSize { get; set; } = new(SieveCompilerOptions.Default.MaxStringSize);

    /// <inheritdoc cref="SieveCompilerOptions.MaxListLength"/>
    [Option("Strings in one list")]
    [OptionRange(100, 1_000_000)]
    public int MaxListLength { get; set; } = SieveCompilerOptions.Default.MaxListLength;

    /// <inheritdoc cref="SieveCompilerOptions.MaxRegexLength"/>
    [Option("Characters in one pattern of :regex")]
    [OptionRange(100, 100_000)]
    public int MaxRegexLength { get; set; } = SieveCompilerOptions.Default.MaxRegexLength;

    /// <inheritdoc cref="SieveCompilerOptions.MaxRegexSize"/>
    [Option("Size of one pattern of :regex: its characters, sets and groups, so many times as repetitions like {1,20} say")]
    [OptionRange(300, 20_000)]
    public int MaxRegexSize { get; set; } = SieveCompilerOptions.Default.MaxRegexSize;

    /// <inheritdoc cref="SieveCompilerOptions.MaxRegexes"/>
    [Option("Patterns of :regex in one script")]
    [OptionRange(1, 10_000)]
    public int MaxRegexes { get; set; } = SieveCompilerOptions.Default.MaxRegexes;

    /// <inheritdoc cref="SieveCompilerOptions.MaxForEveryPartDepth"/>
    [Option("How deep foreverypart may be nested", Reference = "RFC 5703 3")]
    [OptionRange(1, 50)]
    public int MaxForEveryPartDepth { get; set; } = SieveCompilerOptions.Default.MaxForEveryPartDepth;

    /// <inheritdoc cref="SieveCompilerOptions.MaxVariables"/>
    [Option("Variables of a script", Reference = "RFC 5229 6: at least 128")]
    [OptionRange(128, 10_000)]
    public int MaxVariables { get; set; } = SieveCompilerOptions.Default.MaxVariables;

    /// <inheritdoc cref="SieveCompilerOptions.MaxDiagnostics"/>
    [Option("Errors and warnings of one script that are told")]
    [OptionRange(1, 1000)]
    public int MaxDiagnostics { get; set; } = SieveCompilerOptions.Default.MaxDiagnostics;

    /// <inheritdoc cref="SieveLimits.MaxSteps"/>
    [Option("Work that all scripts for one message may do: a command, a test and a comparison are a step each, and one more for each 256 characters looked at; a look-up in the database is 100")]
    [OptionRange(1000, 1_000_000_000)]
    public long MaxSteps { get; set; } = SieveLimits.Default.MaxSteps;

    /// <inheritdoc cref="SieveLimits.MaxTime"/>
    [Option("How long all scripts for one message may take, also on a machine that is too busy to do that work in time")]
    [OptionRange("10ms", "10m")]
    public TimeSpan MaxTime { get; set; } = SieveLimits.Default.MaxTime;

    /// <inheritdoc cref="SieveLimits.MaxActions"/>
    [Option("Actions for one message", Reference = "RFC 5228 2.10.4")]
    [OptionRange(1, 1000)]
    public int MaxActions { get; set; } = SieveLimits.Default.MaxActions;

    /// <inheritdoc cref="SieveLimits.MaxRedirects"/>
    [Option("Redirects of one message; ManageSieve's MAXREDIRECTS", Reference = "RFC 5228 10")]
    [OptionRange(0, 1000)]
    public int MaxRedirects { get; set; } = SieveLimits.Default.MaxRedirects;

    /// <inheritdoc cref="SieveLimits.MaxNotifications"/>
    [Option("Notifications for one message", Reference = "RFC 5435 8")]
    [OptionRange(0, 1000)]
    public int MaxNotifications { get; set; } = SieveLimits.Default.MaxNotifications;

    /// <inheritdoc cref="SieveLimits.MaxHeaderEdits"/>
    [Option("Changes to the header of one message", Reference = "RFC 5293")]
    [OptionRange(0, 10_000)]
    public int MaxHeaderEdits { get; set; } = SieveLimits.Default.MaxHeaderEdits;

    /// <inheritdoc cref="SieveLimits.MaxHeaderValue"/>
    [Option("Characters in a header field that a script adds", Reference = "RFC 5293 4: at least 998")]
    [OptionRange(998, 100_000)]
    public int MaxHeaderValue { get; set; } = SieveLimits.Default.MaxHeaderValue;

    /// <inheritdoc cref="SieveLimits.MaxVariableSize"/>
    [Option("Characters in the value of a variable; longer values are cut", Reference = "RFC 5229 6: at least 4000")]
    [OptionRange(4000, 1_000_000)]
    public int MaxVariableSize { get; set; } = SieveLimits.Default.MaxVariableSize;

    /// <inheritdoc cref="SieveLimits.MaxIncludeDepth"/>
    [Option("How deep scripts may include each other", Reference = "RFC 6609 3.1: at least 2 below the first")]
    [OptionRange(2, 100)]
    public int MaxIncludeDepth { get; set; } = SieveLimits.Default.MaxIncludeDepth;

    /// <inheritdoc cref="SieveLimits.MaxIncludes"/>
    [Option("Scripts that are included for one message", Reference = "RFC 6609 3.2")]
    [OptionRange(1, 10_000)]
    public int MaxIncludes { get; set; } = SieveLimits.Default.MaxIncludes;

    /// <inheritdoc cref="SieveLimits.MaxPartSize"/>
    [Option("How much of one decoded body part is looked at")]
    [OptionRange("1KiB", "1GiB")]
    public ByteSize MaxPartSize { get; set; } = new(SieveLimits.Default.MaxPartSize);

    /// <inheritdoc cref="SieveLimits.MaxBodyBytes"/>
    [Option("How much of all decoded body parts of one message is looked at")]
    [OptionRange("1KiB", "1GiB")]
    public ByteSize MaxBodyBytes { get; set; } = new(SieveLimits.Default.MaxBodyBytes);

    /// <inheritdoc cref="SieveLimits.MaxNewMessageSize"/>
    [Option("Largest message that replace and enclose may make", Reference = "RFC 5703")]
    [OptionRange("1KiB", "1GiB")]
    public ByteSize MaxNewMessageSize { get; set; } = new(SieveLimits.Default.MaxNewMessageSize);

    /// <inheritdoc cref="SieveLimits.MaxLogLines"/>
    [Option("Lines of debug_log that are kept for one message")]
    [OptionRange(1, 100_000)]
    public int MaxLogLines { get; set; } = SieveLimits.Default.MaxLogLines;

    /// <summary>Compiled scripts that a process keeps.</summary>
    [Option("Compiled scripts that are kept in memory")]
    [OptionRange(0, 10_000_000)]
    public int MaxCompiledScripts { get; set; } = 10_000;

    /// <summary>Memory for compiled scripts.</summary>
    [Option("Memory for compiled scripts, as it is estimated")]
    [OptionRange("0", "64GiB")]
    public ByteSize MaxCompiledSize { get; set; } = ByteSize.MiB(64);

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        foreach (var extension in DisabledExtensions)
        {
            if (!SieveCapabilities.All.Contains(extension, StringComparer.Ordinal))
                yield return $"disabled_extensions has '{extension}', which is no extension of this server";
        }
    }

    /// <summary>How scripts are compiled.</summary>
    /// <param name="maxScriptSize">Largest script in bytes: those of users and those of the site have limits of their own.</param>
    public SieveCompilerOptions ToCompilerOptions(int maxScriptSize) => new()
    {
        Extensions = [.. SieveCapabilities.All.Except(DisabledExtensions, StringComparer.Ordinal)],
        MaxScriptSize = maxScriptSize,
        MaxRedirects = MaxRedirects,
        MaxBlockDepth = MaxBlockDepth,
        MaxTestDepth = MaxTestDepth,
        MaxCommands = MaxCommands,
        MaxStringSize = MaxStringSize.ToInt32(),
        MaxListLength = MaxListLength,
        MaxRegexLength = MaxRegexLength,
        MaxRegexSize = MaxRegexSize,
        MaxRegexes = MaxRegexes,
        MaxForEveryPartDepth = MaxForEveryPartDepth,
        MaxVariables = MaxVariables,
        MaxDiagnostics = MaxDiagnostics,
    };

    /// <summary>How scripts are run.</summary>
    public SieveLimits ToLimits() => new()
    {
        MaxSteps = MaxSteps,
        MaxTime = MaxTime,
        MaxActions = MaxActions,
        MaxRedirects = MaxRedirects,
        MaxNotifications = MaxNotifications,
        MaxHeaderEdits = MaxHeaderEdits,
        MaxHeaderValue = MaxHeaderValue,
        MaxVariableSize = MaxVariableSize,
        MaxVariables = MaxVariables,
        MaxStringSize = MaxStringSize.ToInt32(),
        MaxIncludeDepth = MaxIncludeDepth,
        MaxIncludes = MaxIncludes,
        MaxPartSize = MaxPartSize.ToInt32(),
        MaxBodyBytes = MaxBodyBytes.Bytes,
        MaxNewMessageSize = MaxNewMessageSize.ToInt32(),
        MaxLogLines = MaxLogLines,
    };
}
