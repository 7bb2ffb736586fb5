using System.Collections.Immutable;

namespace Sora.Sieve;

/// <summary>What a script may use and how large it may be. RFC 5228 section 2.10.7 sets the least values of the nestings (15).</summary>
public sealed record SieveCompilerOptions
{
    /// <summary>The options used when none are given: all extensions.</summary>
    public static SieveCompilerOptions Default { get; } = new();

    /// <summary>Capability strings that a script may require; what is not in <see cref="SieveCapabilities.All"/> is ignored.</summary>
    public ImmutableHashSet<string> Extensions { get; init; } = [.. SieveCapabilities.All];

    /// <summary>Largest script in bytes.</summary>
    public int MaxScriptSize { get; init; } = 1024 * 1024;

    /// <summary>How deep blocks may be nested, 15 or more.</summary>
    public int MaxBlockDepth { get; init; } = 32;

    /// <summary>How deep tests may be nested, 15 or more.</summary>
    public int MaxTestDepth { get; init; } = 32;

    /// <summary>Commands and tests in one script.</summary>
    public int MaxCommands { get; init; } = 20_000;

    /// <summary>Longest string in bytes.</summary>
    public int MaxStringSize { get; init; } = 256 * 1024;

    /// <summary>Longest string list.</summary>
    public int MaxListLength { get; init; } = 2_000;

    /// <summary>Longest pattern of <c>:regex</c> in characters.</summary>
    public int MaxRegexLength { get; init; } = 1_000;

    /// <summary>Size of one pattern of <c>:regex</c>: characters, sets and groups, so many times as its repetitions say.</summary>
    public int MaxRegexSize { get; init; } = 5_000;

    /// <summary>Patterns of <c>:regex</c> in one script: each is compiled once.</summary>
    public int MaxRegexes { get; init; } = 200;

    /// <summary>How deep <c>foreverypart</c> may be nested (RFC 5703).</summary>
    public int MaxForEveryPartDepth { get; init; } = 5;

    /// <summary>Local variables that the script names (RFC 5229 section 6 asks for at least 128).</summary>
    public int MaxVariables { get; init; } = 256;

    /// <summary>Redirects that a run may carry out: see <see cref="SieveLimits.MaxRedirects"/>. A script with more gets warnings.</summary>
    public int MaxRedirects { get; init; } = int.MaxValue;

    /// <summary>Errors and warnings that are reported; what comes after them is not.</summary>
    public int MaxDiagnostics { get; init; } = 50;
}
