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

    [LoggerMessage(Level = LogLevel.Information, Message = "{Protocol} {Command} of connection {Connection} from {Address} refused: {Reason}")]
    public static partial void CommandRefused(ILogger logger, string protocol, string command, string connection, IPAddress address, string reason);

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

    [LoggerMessage(Level = LogLevel.Information, Message = "TLS certificate {Name} for {Hosts} loaded, valid until {NotAfter:u}")]
    public static partial void CertificateLoaded(ILogger logger, string name, string hosts, DateTime notAfter);

    [LoggerMessage(Level = LogLevel.Error, Message = "{File} of TLS cannot be used as it is now, what was read from it before stays in use")]
    public static partial void CertificateReloadFailed(ILogger logger, string file, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "TLS certificate {Name} for {Hosts} expires at {NotAfter:u}")]
    public static partial void CertificateExpires(ILogger logger, string name, string hosts, DateTime notAfter);

    [LoggerMessage(Level = LogLevel.Error, Message = "The TLS certificates could not be looked after")]
    public static partial void CertificateCheckFailed(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "An ACME server asked for the proof that {Host} is ours")]
    public static partial void AcmeValidation(ILogger logger, string host);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Certificate of the client of connection {Connection} from {Address} is not good: {Reason}")]
    public static partial void ClientCertificateRefused(ILogger logger, string connection, IPAddress address, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The channel binding tls-exporter is not there with this OpenSSL or .NET: {Reason}. Logins are bound to the certificate (tls-server-end-point) instead")]
    public static partial void NoExporter(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Command} took longer than {Limit}, connection {Connection}")]
    public static partial void CommandTooLong(ILogger logger, string command, TimeSpan limit, string connection);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Command} failed, connection {Connection}")]
    public static partial void CommandFailed(ILogger logger, string command, string connection, Exception exception);
}
