using Microsoft.Extensions.Logging;

namespace Sora.Mailstore.Bodies.Objects.S3;

internal static partial class Log
{
    [LoggerMessage(151, LogLevel.Error, "S3 has failed too often: {Requests} requests are paused for {Pause}")]
    public static partial void Paused(ILogger logger, string requests, TimeSpan pause);

    [LoggerMessage(152, LogLevel.Information, "S3 answers {Requests} requests again")]
    public static partial void Resumed(ILogger logger, string requests);

    [LoggerMessage(153, LogLevel.Warning, "An upload in parts of {Key} could not be given up; it is tried again when its age is s3.abandoned_after")]
    public static partial void AbortFailed(ILogger logger, string key, Exception exception);

    [LoggerMessage(154, LogLevel.Information, "{Count} uploads in parts that were never finished were given up")]
    public static partial void AbandonedDeleted(ILogger logger, int count);

    [LoggerMessage(155, LogLevel.Error, "Bucket {Bucket} cannot be looked at now, so mail waits in staging: {Reason}")]
    public static partial void NotReachable(ILogger logger, string bucket, string reason);

    [LoggerMessage(156, LogLevel.Information, "Bodies are kept in bucket {Bucket} at {Endpoint}")]
    public static partial void Reached(ILogger logger, string bucket, string endpoint);

    [LoggerMessage(157, LogLevel.Warning, "The body of {Key} broke off after {Position} bytes; it is read on from there")]
    public static partial void ReadOn(ILogger logger, string key, long position, Exception exception);
}
