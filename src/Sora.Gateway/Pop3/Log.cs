using System.Net;
using Microsoft.Extensions.Logging;
using Sora.Contracts;

namespace Sora.Gateway.Pop3;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Account {Account} logged in from {Address}, connection {Connection}: {Messages} messages")]
    public static partial void LoggedIn(ILogger logger, AccountId account, IPAddress address, string connection, int messages);

    [LoggerMessage(Level = LogLevel.Information, Message = "Login from {Address} refused ({Reason}), connection {Connection}")]
    public static partial void LoginRefused(ILogger logger, IPAddress address, MailErrorCode reason, string connection);

    [LoggerMessage(Level = LogLevel.Information, Message =
        "Session of account {Account} ended, connection {Connection}: {Retrieved} messages with {Octets} octets retrieved, {Deleted} deleted")]
    public static partial void SessionEnded(ILogger logger, AccountId account, string connection, int retrieved, long octets, int deleted);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Connection {Connection} lost its maildrop of account {Account} to another session: nothing is deleted")]
    public static partial void MaildropLost(ILogger logger, AccountId account, string connection);

    [LoggerMessage(Level = LogLevel.Error, Message = "Message with content {Content} cannot be sent on connection {Connection}")]
    public static partial void BodyUnavailable(ILogger logger, ContentId content, string connection, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Messages that were retrieved on connection {Connection} could not be marked as read: {Reason}")]
    public static partial void NotMarked(ILogger logger, string connection, string reason);
}
