using System.Net;
using Microsoft.Extensions.Logging;
using Sora.Contracts;

namespace Sora.Gateway.Lmtp;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Error, Message = "LMTP command failed in session {Session}")]
    public static partial void CommandFailed(ILogger logger, string session, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "A message could not be staged")]
    public static partial void StagingFailed(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "Delivery of message {Id} failed")]
    public static partial void DeliveryFailed(ILogger logger, string id, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "Recipient {Recipient} could not be looked up")]
    public static partial void LookupFailed(ILogger logger, string recipient, Exception exception);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Message {Id} of {Size} bytes from <{Sender}> saved for <{Recipient}>")]
    public static partial void Saved(ILogger logger, string id, long size, string sender, string recipient);

    [LoggerMessage(Level = LogLevel.Information, Message = "Message {Id}, {Size} bytes, from <{Sender}> refused for <{Recipient}>: {Code}")]
    public static partial void NotTaken(ILogger logger, string id, long size, string sender, string recipient, int code);

    [LoggerMessage(Level = LogLevel.Warning, Message = "<{Sender}> does not hear of the delivery to <{Recipient}>: {Status}")]
    public static partial void NotReported(ILogger logger, string sender, string recipient, RelayStatus status);

    [LoggerMessage(Level = LogLevel.Error, Message = "<{Sender}> does not hear of the delivery of message {Id}")]
    public static partial void ReportFailed(ILogger logger, string id, string sender, Exception exception);

    [LoggerMessage(Level = LogLevel.Debug, Message = "LMTP client is {Address}, logged in as {Login} at the proxy, connection {Connection}")]
    public static partial void Forwarded(ILogger logger, IPAddress address, string login, string connection);
}
