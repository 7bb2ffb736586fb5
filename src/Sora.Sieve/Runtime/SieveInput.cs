using System.Collections.Immutable;

namespace Sora.Sieve;

/// <summary>A script of a sequence.</summary>
/// <param name="Name">Its name for messages; may be empty.</param>
/// <param name="Script">The script.</param>
public sealed record SieveSequenceItem(string Name, SieveScript Script);

/// <summary>What scripts run on.</summary>
public sealed record SieveInput
{
    /// <summary>
    /// The scripts, one after the other: the site's, the user's, the site's. One runs only when those before it left the message to be kept, and a <c>keep</c> is carried
    /// out only for the last that runs.
    /// </summary>
    public required ImmutableArray<SieveSequenceItem> Scripts { get; init; }

    /// <summary>The message.</summary>
    public required SieveMessage Message { get; init; }

    /// <summary>The envelope; null when the message came without one, and <c>envelope</c> is then false.</summary>
    public SieveEnvelope? Envelope { get; init; }

    /// <summary>
    /// The event in IMAP that the scripts run for; null for a delivery. It changes what scripts may do and what keep means: see <see cref="SieveResult.FlagChange"/>.
    /// </summary>
    public SieveImapEvent? ImapEvent { get; init; }

    /// <summary>Answers the scripts' questions.</summary>
    public required ISieveHost Host { get; init; }

    /// <summary>What the run may use.</summary>
    public SieveLimits Limits { get; init; } = SieveLimits.Default;

    /// <summary>The time that the scripts see.</summary>
    public DateTimeOffset Time { get; init; } = TimeProvider.System.GetUtcNow();

    /// <summary>Write down what is done: <see cref="SieveResult.Trace"/>.</summary>
    public bool IsTraced { get; init; }
}
