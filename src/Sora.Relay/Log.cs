using Microsoft.Extensions.Logging;

namespace Sora.Relay;

internal static partial class Log
{
    [LoggerMessage(301, LogLevel.Information, "Message {Message} of account {Account} was sent to <{Recipient}> by {Host}: {Reply}")]
    public static partial void Sent(ILogger logger, long message, long account, string recipient, string host, string reply);

    [LoggerMessage(302, LogLevel.Warning, "Message {Message} of account {Account} to <{Recipient}> is tried again in {Pause}, after attempt {Attempt} by {Host}: {Reply}")]
    public static partial void Deferred(ILogger logger, long message, long account, string recipient, TimeSpan pause, int attempt, string host, string reply);

    [LoggerMessage(303, LogLevel.Warning, "Message {Message} of account {Account} to <{Recipient}> is given up, after attempt {Attempt} by {Host}: {Reply}")]
    public static partial void Failed(ILogger logger, long message, long account, string recipient, int attempt, string host, string reply);

    [LoggerMessage(304, LogLevel.Warning, "Host {Host} cannot be used: {Reason}; it is left alone for {Pause}")]
    public static partial void HostFailed(ILogger logger, string host, string reason, TimeSpan pause);

    [LoggerMessage(305, LogLevel.Error, "The queue of messages that leave could not be read or changed; it is tried again in {Pause}")]
    public static partial void QueueFailed(ILogger logger, TimeSpan pause, Exception exception);

    [LoggerMessage(306, LogLevel.Error, "What became of message {Message} could not be written down: it may be sent a second time")]
    public static partial void SettleFailed(ILogger logger, long message, Exception exception);

    [LoggerMessage(307, LogLevel.Warning, "Message {Message} was taken over by somebody else while it was being sent: it may be sent a second time")]
    public static partial void LeaseLost(ILogger logger, long message);

    [LoggerMessage(308, LogLevel.Error, "Sending message {Message} failed")]
    public static partial void SendFailed(ILogger logger, long message, Exception exception);

    [LoggerMessage(309, LogLevel.Warning, "{Messages} messages were still being sent when this node stopped; they are sent later")]
    public static partial void CutOff(ILogger logger, int messages);

    [LoggerMessage(310, LogLevel.Warning, "Report {Message} to <{Recipient}> could not be delivered here, it is tried again: {Reason}")]
    public static partial void LocalFailed(ILogger logger, long message, string recipient, string reason);
}
