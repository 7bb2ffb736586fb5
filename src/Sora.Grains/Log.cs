using System.Net;
using Microsoft.Extensions.Logging;
using Sora.Contracts;

namespace Sora.Grains;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "A gateway could not be told of changes: {Reason}")]
    public static partial void NudgeFailed(ILogger logger, string reason);

    [LoggerMessage(2, LogLevel.Debug, "Mailbox {Mailbox} cannot be watched now, it is tried again: {Reason}")]
    public static partial void ObserveFailed(ILogger logger, MailboxId mailbox, string reason);

    [LoggerMessage(3, LogLevel.Debug, "Attempt {Attempt} to {What} failed, it is made again: {Reason}")]
    public static partial void AttemptFailed(ILogger logger, int attempt, string what, string reason);

    [LoggerMessage(4, LogLevel.Warning, "Nobody could {What} within {Time} ({Others} more since the last such line): {Reason}")]
    public static partial void CallFailed(ILogger logger, string what, TimeSpan time, int others, string reason);

    [LoggerMessage(5, LogLevel.Information, "{Count} mailstores can be reached")]
    public static partial void Gateways(ILogger logger, int count);

    [LoggerMessage(6, LogLevel.Error, "Looking after the mailboxes that are watched failed; it goes on")]
    public static partial void WatchFailed(ILogger logger, Exception exception);

    [LoggerMessage(7, LogLevel.Information, "Member {Member} of the cluster is {Status}")]
    public static partial void MemberChanged(ILogger logger, string member, string status);

    [LoggerMessage(8, LogLevel.Warning, "This node did not leave the cluster in an orderly way; the others will miss it")]
    public static partial void LeaveFailed(ILogger logger, Exception exception);

    [LoggerMessage(9, LogLevel.Debug, "Not all mailstores could be told of the new limits of account {Account}: {Reason}")]
    public static partial void LimitsNotTold(ILogger logger, AccountId account, string reason);

    [LoggerMessage(10, LogLevel.Debug, "A mailstore does not know what goes straight to it, calls go to mailboxes one by one for a while: {Reason}")]
    public static partial void CallNotUnderstood(ILogger logger, string reason);

    [LoggerMessage(11, LogLevel.Warning, "Nobody listens at mailstore {Member} any more: it is taken for dead")]
    public static partial void NobodyListens(ILogger logger, string member);

    [LoggerMessage(12, LogLevel.Debug, "Whether mailstores at {Machine} are still there could not be told")]
    public static partial void NotLooked(ILogger logger, IPAddress machine, Exception exception);

    [LoggerMessage(13, LogLevel.Debug, "Mailstore {Member} has run what it will run for mailboxes, which took {Time}")]
    public static partial void Acquainted(ILogger logger, string member, TimeSpan time);

    [LoggerMessage(14, LogLevel.Debug, "Mailstore {Member} was not called before it is needed: {Reason}")]
    public static partial void NotAcquainted(ILogger logger, string member, string reason);

    [LoggerMessage(15, LogLevel.Debug, "Mailstores that have just come are not called before they are needed: {Reason}")]
    public static partial void NotGreeted(ILogger logger, string reason);
}
