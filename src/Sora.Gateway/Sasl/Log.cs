using System.Net;
using Microsoft.Extensions.Logging;
using Sora.Contracts;

namespace Sora.Gateway.Sasl;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Master account {Master} acts for account {Account} from {Address}")]
    public static partial void ActsFor(ILogger logger, AccountId master, AccountId account, IPAddress address);
}
