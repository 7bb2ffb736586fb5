using Microsoft.Extensions.Logging;

namespace Sora.Gateway.Sieve.Mailboxes;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Events in mailbox {Mailbox} of account {Account} start no scripts, which cannot be read now: {Problem}")]
    public static partial void EventsLost(ILogger logger, long account, long mailbox, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Scripts for events in mailbox {Mailbox} of account {Account} have not run to the end")]
    public static partial void EventsFailed(ILogger logger, long account, long mailbox, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Message {Id}: the scripts of account {Account} for an event cannot be run now")]
    public static partial void EventFailed(ILogger logger, string id, long account, Exception exception);
}
