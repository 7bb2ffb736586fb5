using System.Net;
using Microsoft.Extensions.Logging;
using Sora.Contracts;

namespace Sora.Gateway.Imap;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Changes to tell connection {Connection} of (NOTIFY) cannot be read now, will be tried again")]
    public static partial void NotifyFailed(ILogger logger, string connection, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "IMAP login of account {Account} from {Address}, connection {Connection}")]
    public static partial void LoggedIn(ILogger logger, AccountId account, IPAddress address, string connection);

    [LoggerMessage(Level = LogLevel.Information, Message = "IMAP login from {Address} refused: {Code}, connection {Connection}")]
    public static partial void LoginRefused(ILogger logger, IPAddress address, MailErrorCode code, string connection);

    [LoggerMessage(Level = LogLevel.Error, Message = "IMAP command {Command} failed, connection {Connection}")]
    public static partial void CommandFailed(ILogger logger, string command, string connection, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "IMAP command {Command} took longer than {Limit} and was given up, connection {Connection}")]
    public static partial void CommandTooLong(ILogger logger, string command, TimeSpan limit, string connection);

    [LoggerMessage(Level = LogLevel.Information, Message = "Capabilities {Capabilities} are hidden from a client ({Reason}), connection {Connection}")]
    public static partial void CapabilitiesHidden(ILogger logger, string capabilities, string reason, string connection);

    [LoggerMessage(Level = LogLevel.Error, Message = "Body of content {Content} cannot be read, connection {Connection}")]
    public static partial void BodyUnavailable(ILogger logger, ContentId content, string connection, Exception exception);
}
