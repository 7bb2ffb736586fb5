using Microsoft.Extensions.Logging;

namespace Sora.Identity;

internal static partial class Log
{
    [LoggerMessage(401, LogLevel.Warning, "The service {Service} could not be asked: {Reason}")]
    public static partial void ServiceFailed(ILogger logger, string service, string reason);

    [LoggerMessage(402, LogLevel.Error, "The service {Service} has failed too often and is left alone for {Pause}")]
    public static partial void ServiceAway(ILogger logger, string service, TimeSpan pause);

    [LoggerMessage(403, LogLevel.Information, "The service {Service} is back")]
    public static partial void ServiceBack(ILogger logger, string service);

    [LoggerMessage(404, LogLevel.Information, "{Issuer} has {Keys} keys to sign tokens with")]
    public static partial void KeysRead(ILogger logger, string issuer, int keys);

    [LoggerMessage(405, LogLevel.Error, "The keys of {Issuer} could not be read: {Reason}")]
    public static partial void KeysFailed(ILogger logger, string issuer, string reason);

    [LoggerMessage(406, LogLevel.Debug, "A token of {Issuer} is refused: {Reason}")]
    public static partial void TokenRefused(ILogger logger, string issuer, string reason);

    [LoggerMessage(407, LogLevel.Debug, "A token of an issuer that is not known is refused")]
    public static partial void IssuerUnknown(ILogger logger);
}
