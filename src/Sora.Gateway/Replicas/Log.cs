using Microsoft.Extensions.Logging;
using Sora.Contracts;

namespace Sora.Gateway.Replicas;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Reading changes of mailbox {Mailbox} failed, will be tried again")]
    public static partial void PullFailed(ILogger logger, MailboxId mailbox, Exception exception);
}
