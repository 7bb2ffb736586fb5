using System.Collections.Immutable;

namespace Sora.Contracts;

/// <summary>One line of an account's script log.</summary>
/// <param name="At">When.</param>
/// <param name="Script">The script's name, or what stands for it; empty when none is to blame.</param>
/// <param name="Line">Line in the script, from 1; 0 when no line is to blame.</param>
/// <param name="MessageId">The message's Message-ID, or empty.</param>
/// <param name="Text">What went wrong, in a sentence.</param>
[GenerateSerializer, Alias("sora.SieveLogEntry"), Immutable]
public sealed record SieveLogEntry(
    [property: Id(0)] DateTimeOffset At,
    [property: Id(1)] string Script,
    [property: Id(2)] int Line,
    [property: Id(3)] string MessageId,
    [property: Id(4)] string Text);

/// <summary>The script logs of accounts: run-time errors and what else an owner should know of scripts. Each keeps its newest entries.</summary>
public interface ISieveLog
{
    /// <summary>Adds entries; texts that are too long are cut. UNAVAILABLE.</summary>
    Task<MailResult<Done>> AddAsync(AccountId account, IReadOnlyList<SieveLogEntry> entries, CancellationToken cancellationToken);

    /// <summary>The newest entries, newest first. UNAVAILABLE.</summary>
    /// <param name="account">Whose log.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<MailResult<ImmutableArray<SieveLogEntry>>> ListAsync(AccountId account, int most, CancellationToken cancellationToken);
}
