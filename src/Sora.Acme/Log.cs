using Microsoft.Extensions.Logging;

namespace Sora.Acme;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Ordering certificate {Name} for {Hosts} from {Directory}")]
    public static partial void Ordering(ILogger logger, string name, string hosts, string directory);

    [LoggerMessage(Level = LogLevel.Information, Message = "Certificate {Name} was issued and stored for all nodes")]
    public static partial void Issued(ILogger logger, string name);

    [LoggerMessage(Level = LogLevel.Error, Message = "Certificate {Name} was not issued, attempt {Attempt}; the next one is at {Next:u}: {Reason}")]
    public static partial void OrderFailed(ILogger logger, string name, int attempt, DateTimeOffset next, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The ACME server cannot be asked when to renew {Name}: {Reason}")]
    public static partial void NoRenewalInfo(ILogger logger, string name, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "It could not be looked whether certificates are due")]
    public static partial void CheckFailed(ILogger logger, Exception exception);
}
