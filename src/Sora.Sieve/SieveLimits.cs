namespace Sora.Sieve;

/// <summary>What a run of scripts may use. A script that goes beyond a limit ends with a run-time error, and the message is kept.</summary>
public sealed record SieveLimits
{
    /// <summary>The limits used when none are given.</summary>
    public static SieveLimits Default { get; } = new();

    /// <summary>
    /// Work that all scripts of a run may do together. A command, a test, and a comparison are a step each, and one more for each 256 characters that are
    /// looked at, and 100 for a question that the host may have to ask a database; the number is the same for the same scripts and message, however busy the machine is.
    /// </summary>
    public long MaxSteps { get; init; } = 500_000;

    /// <summary>
    /// Time that all scripts of a run may take together, waiting for the host's answers included; it is looked at every few thousand steps.
    /// </summary>
    public TimeSpan MaxTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Actions of a script that store, send or answer (RFC 5228 section 2.10.4).</summary>
    public int MaxActions { get; init; } = 32;

    /// <summary>Redirects of a run (RFC 5228 section 10).</summary>
    public int MaxRedirects { get; init; } = 4;

    /// <summary>Notifications and reports of a run (RFC 5435 section 8).</summary>
    public int MaxNotifications { get; init; } = 4;

    /// <summary>How long <c>duplicate</c> remembers without <c>:seconds</c> (RFC 7352 section 3.3 speaks of 7 days).</summary>
    public TimeSpan DefaultDuplicateLifetime { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long <c>duplicate</c> remembers at most.</summary>
    public TimeSpan MaxDuplicateLifetime { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Changes to the header in a run (RFC 5293).</summary>
    public int MaxHeaderEdits { get; init; } = 64;

    /// <summary>Longest value of a header field that <c>addheader</c> adds, in characters (RFC 5293 section 4: a limit is allowed).</summary>
    public int MaxHeaderValue { get; init; } = 4_096;

    /// <summary>Longest value of a variable in characters; longer ones are cut (RFC 5229 section 6 asks for at least 4,000).</summary>
    public int MaxVariableSize { get; init; } = 8_192;

    /// <summary>Variables of a scope at run time.</summary>
    public int MaxVariables { get; init; } = 256;

    /// <summary>Longest string that variables may make, in characters.</summary>
    public int MaxStringSize { get; init; } = 256 * 1024;

    /// <summary>How deep scripts may include each other (RFC 6609).</summary>
    public int MaxIncludeDepth { get; init; } = 10;

    /// <summary>Scripts that a run may include.</summary>
    public int MaxIncludes { get; init; } = 100;

    /// <summary>Bytes of one decoded part that <c>body</c> and <c>extracttext</c> look at; what comes after them is not seen.</summary>
    public int MaxPartSize { get; init; } = 1024 * 1024;

    /// <summary>Bytes of decoded bodies that a run looks at.</summary>
    public long MaxBodyBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Largest message that <c>replace</c> and <c>enclose</c> may make, in bytes.</summary>
    public int MaxNewMessageSize { get; init; } = 1024 * 1024;

    /// <summary>Lines of <c>debug_log</c> that are kept, and lines of trace.</summary>
    public int MaxLogLines { get; init; } = 1_000;
}
