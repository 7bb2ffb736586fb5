namespace Sora.Silo.Composition;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Sora {Version} starts as {Node}, process {Pid}, data in {Folder}")]
    public static partial void Starting(ILogger logger, string version, string node, int pid, string folder);

    [LoggerMessage(2, LogLevel.Information, "Listening for {Protocol} on {Address}")]
    public static partial void Listening(ILogger logger, string protocol, System.Net.IPEndPoint address);

    [LoggerMessage(3, LogLevel.Information, "Ready after {Seconds:0.0} s")]
    public static partial void Ready(ILogger logger, double seconds);

    [LoggerMessage(4, LogLevel.Information, "Stopping: {Connections} sessions have {Timeout} to end")]
    public static partial void Draining(ILogger logger, int connections, TimeSpan timeout);

    [LoggerMessage(5, LogLevel.Warning, "{Connections} sessions did not end in time and were cut off")]
    public static partial void CutOff(ILogger logger, int connections);

    [LoggerMessage(6, LogLevel.Information, "Stopped")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(7, LogLevel.Error, "{Part} did not stop in an orderly way")]
    public static partial void StopFailed(ILogger logger, string part, Exception exception);

    [LoggerMessage(8, LogLevel.Information, "First account {Address}; its password is in {File}")]
    public static partial void FirstAccount(ILogger logger, string address, string file);

    [LoggerMessage(9, LogLevel.Warning, "The first account {Address} exists already, but {File} does not know its password")]
    public static partial void FirstAccountUnknown(ILogger logger, string address, string file);

    [LoggerMessage(10, LogLevel.Information, "Read the configuration again: log level {Level}")]
    public static partial void Reloaded(ILogger logger, string level);

    [LoggerMessage(11, LogLevel.Error, "The configuration was not read again: {Error}")]
    public static partial void ReloadFailed(ILogger logger, string error);

    [LoggerMessage(12, LogLevel.Warning, "TLS uses a self-made certificate, which clients do not trust: set tls.cert_file and tls.key_file")]
    public static partial void SelfSigned(ILogger logger);

    [LoggerMessage(13, LogLevel.Information, "Signal {Signal}: stopping")]
    public static partial void Signalled(ILogger logger, string signal);

    [LoggerMessage(14, LogLevel.Information, "Listening for ACME servers on {Url}")]
    public static partial void ListeningForAcme(ILogger logger, string url);

    [LoggerMessage(15, LogLevel.Warning, "The database has {Count} TLS certificates, which are not used because tls_store.secret is not set")]
    public static partial void SharedCertificatesUnused(ILogger logger, int count);

    [LoggerMessage(16, LogLevel.Information, "Maintenance begins: sessions end, mailboxes move away")]
    public static partial void MaintenanceBegins(ILogger logger);

    [LoggerMessage(17, LogLevel.Information, "This node is out of service; {Connections} sessions had to be cut off")]
    public static partial void MaintenanceBegun(ILogger logger, int connections);

    [LoggerMessage(18, LogLevel.Information, "Maintenance is over: this node serves again")]
    public static partial void MaintenanceEnded(ILogger logger);

    [LoggerMessage(19, LogLevel.Warning, "{Path} could not be answered")]
    public static partial void OperatorFailed(ILogger logger, string path, Exception exception);
}
