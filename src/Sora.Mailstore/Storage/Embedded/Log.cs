using Microsoft.Extensions.Logging;

namespace Sora.Mailstore.Storage.Embedded;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Making a PostgreSQL {Major} cluster in {Folder}")]
    public static partial void Creating(ILogger logger, int major, string folder);

    [LoggerMessage(Level = LogLevel.Information, Message = "PostgreSQL {Major} runs as process {Pid}, socket in {SocketFolder}")]
    public static partial void Started(ILogger logger, int major, int pid, string socketFolder);

    [LoggerMessage(Level = LogLevel.Information, Message = "Took over the running PostgreSQL, process {Pid}, socket in {SocketFolder}")]
    public static partial void Adopted(ILogger logger, int pid, string socketFolder);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopping the PostgreSQL of an ended program, process {Pid}: its settings differ or it does not answer")]
    public static partial void Replacing(ILogger logger, int pid);

    [LoggerMessage(Level = LogLevel.Information, Message = "Using the PostgreSQL of another program on this data folder, socket in {SocketFolder}")]
    public static partial void Joined(ILogger logger, string socketFolder);

    [LoggerMessage(Level = LogLevel.Error, Message = "PostgreSQL, process {Pid}, ended unexpectedly and is started again: {Reason}")]
    public static partial void Ended(ILogger logger, int pid, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "PostgreSQL could not be started, next attempt in {Pause}: {Reason}")]
    public static partial void NotStarted(ILogger logger, TimeSpan pause, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "PostgreSQL, process {Pid}, was stopped")]
    public static partial void Stopped(ILogger logger, int pid);

    [LoggerMessage(Level = LogLevel.Information, Message = "PostgreSQL keeps running for another program on this data folder")]
    public static partial void Left(ILogger logger);
}
