using System.Net;
using Microsoft.Extensions.Logging;

namespace Sora.Gateway.Connections;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "{Protocol} connection {Connection} broke: {Reason}")]
    public static partial void ConnectionBroke(ILogger logger, string protocol, string connection, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Protocol} connection {Connection} failed")]
    public static partial void SessionFailed(ILogger logger, string protocol, string connection, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Protocol} connection from {Address} refused: {Reason}")]
    public static partial void Refused(ILogger logger, string protocol, IPAddress address, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "TLS handshake of connection {Connection} from {Address} failed: {Reason}")]
    public static partial void HandshakeFailed(ILogger logger, string connection, IPAddress address, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Connection {Connection} from {Address} cut off: it is too slow")]
    public static partial void WriteTimedOut(ILogger logger, string connection, IPAddress address);

    [LoggerMessage(Level = LogLevel.Information, Message = "TLS handshake of connection {Connection} from {Address} takes too long")]
    public static partial void HandshakeTimedOut(ILogger logger, string connection, IPAddress address);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Protocol} connection {Connection} from {Address} is ended: {Reason}")]
    public static partial void Dismissed(ILogger logger, string protocol, string connection, IPAddress address, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connection {Connection}: {Proxy} speaks for {Address}, session {Session}")]
    public static partial void Forwarded(ILogger logger, string connection, IPAddress proxy, IPAddress address, string session);

    [LoggerMessage(Level = LogLevel.Information, Message = "Ending {Count} sessions, for at most {Deadline}")]
    public static partial void DrainBegins(ILogger logger, int count, TimeSpan deadline);

    [LoggerMessage(Level = LogLevel.Information, Message = "All sessions have ended, {CutOff} of them were cut off")]
    public static partial void DrainEnded(ILogger logger, int cutOff);

    [LoggerMessage(Level = LogLevel.Information, Message = "TLS certificate {Subject} loaded, valid until {NotAfter:u}")]
    public static partial void CertificateLoaded(ILogger logger, string subject, DateTime notAfter);

    [LoggerMessage(Level = LogLevel.Error, Message = "TLS certificate {File} cannot be read again, the previous one stays in use")]
    public static partial void CertificateReloadFailed(ILogger logger, string file, Exception exception);
}
