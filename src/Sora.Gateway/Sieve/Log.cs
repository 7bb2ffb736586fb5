using Microsoft.Extensions.Logging;

namespace Sora.Gateway.Sieve;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Message {Id}: a script of account {Account} failed ({Script}, line {Line}): {Problem}")]
    public static partial void ScriptFailed(ILogger logger, string id, long account, string script, int line, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Message {Id}: the scripts of account {Account} cannot be run now")]
    public static partial void ScriptsUnavailable(ILogger logger, string id, long account, Exception? exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "Message {Id}: {Kind} of account {Account} to {Recipients} is queued")]
    public static partial void Sent(ILogger logger, string id, Sora.Contracts.RelayKind kind, long account, string recipients);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What scripts of account {Account} remember could not be written: {Problem}")]
    public static partial void NotRemembered(ILogger logger, long account, string problem);
}
