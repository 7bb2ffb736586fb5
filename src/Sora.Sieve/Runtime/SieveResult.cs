using System.Collections.Immutable;

namespace Sora.Sieve;

/// <summary>What scripts want done with a message.</summary>
public sealed record SieveResult
{
    /// <summary>The actions in order. Those of a script that failed are not among them; those of scripts before it are.</summary>
    public ImmutableArray<SieveAction> Actions { get; init; } = [];

    /// <summary>Store the message in the user's main mailbox besides (RFC 5228 section 2.10.2).</summary>
    public bool ImplicitKeep { get; init; }

    /// <summary>Flags of the implicit keep (RFC 5232 section 5); null when the script says nothing of flags.</summary>
    public ImmutableArray<string>? KeepFlags { get; init; }

    /// <summary>What the implicit keep stores; null for the message as it came.</summary>
    public SieveNewMessage? KeepMessage { get; init; }

    /// <summary>
    /// After an event in IMAP, and for FILTER: what is to become of the message's flags, or null (RFC 6785 section 3). Keep, implicit or not, asks for nothing else after an event.
    /// </summary>
    public SieveFlagChange? FlagChange { get; init; }

    /// <summary>Why a script ended before its time, or null. The message is then kept as it came (RFC 5228 section 2.10.6).</summary>
    public SieveRuntimeError? Error { get; init; }

    /// <summary>What the host is to mark as seen once the actions are done (RFC 7352 section 3).</summary>
    public ImmutableArray<SieveDuplicate> Duplicates { get; init; } = [];

    /// <summary>Lines of <c>debug_log</c>.</summary>
    public ImmutableArray<string> DebugLog { get; init; } = [];

    /// <summary>What was done, line by line, where the run was asked for it.</summary>
    public ImmutableArray<string> Trace { get; init; } = [];

    /// <summary>Work done: see <see cref="SieveLimits.MaxSteps"/>.</summary>
    public long Steps { get; init; }
}

/// <summary>A run-time error.</summary>
/// <param name="Script">Which script of the sequence, from 0.</param>
/// <param name="ScriptName">Its name, or the name of the script that it includes.</param>
/// <param name="Line">Line in that script, from 1.</param>
/// <param name="Message">What went wrong.</param>
public sealed record SieveRuntimeError(int Script, string ScriptName, int Line, string Message)
{
    /// <summary>One line: where and what.</summary>
    public override string ToString() => SieveText.OneLine(ScriptName.Length == 0 ? $"line {Line}: {Message}" : $"{ScriptName}: line {Line}: {Message}");
}

/// <summary>An id that was looked for by <c>duplicate</c> and is to be remembered (RFC 7352).</summary>
/// <param name="Handle">Which memory.</param>
/// <param name="Id">What to remember.</param>
/// <param name="Lifetime">How long, from now.</param>
public sealed record SieveDuplicate(string Handle, string Id, TimeSpan Lifetime);
