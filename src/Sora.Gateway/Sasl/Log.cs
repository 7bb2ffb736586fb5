using System.Net;
using Microsoft.Extensions.Logging;
using Sora.Contracts;

namespace Sora.Gateway.Sasl;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Master account {Master} acts for account {Account} from {Address}")]
    public static partial void ActsFor(ILogger logger, AccountId master, AccountId account, IPAddress address);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Protocol} login by {Mechanism} of {User} from {Address} failed: {Outcome} {Reason}")]
    public static partial void LoginFailed(ILogger logger, string protocol, string mechanism, string user, IPAddress address, LoginOutcome outcome, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "It could not be found out whether a name belongs to an account")]
    public static partial void NameNotFound(ILogger logger, Exception exception);
}
