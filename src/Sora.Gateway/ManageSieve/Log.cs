using System.Net;
using Microsoft.Extensions.Logging;
using Sora.Contracts;

namespace Sora.Gateway.ManageSieve;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "ManageSieve login of account {Account} from {Address}, connection {Connection}")]
    public static partial void LoggedIn(ILogger logger, AccountId account, IPAddress address, string connection);

    [LoggerMessage(Level = LogLevel.Information, Message = "ManageSieve login from {Address} refused: {Code}, connection {Connection}")]
    public static partial void LoginRefused(ILogger logger, IPAddress address, MailErrorCode code, string connection);

    [LoggerMessage(Level = LogLevel.Information, Message = "Account {Account} has changed its Sieve scripts: {Command}, connection {Connection}")]
    public static partial void ScriptsChanged(ILogger logger, AccountId account, string command, string connection);
}
