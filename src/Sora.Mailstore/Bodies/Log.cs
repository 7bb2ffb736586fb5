using Microsoft.Extensions.Logging;

namespace Sora.Mailstore.Bodies;

internal static partial class Log
{
    [LoggerMessage(101, LogLevel.Error, "An arriving message could not be staged")]
    public static partial void StagingFailed(ILogger logger, Exception exception);

    [LoggerMessage(102, LogLevel.Warning, "Staging is full ({Staged} of {Limit} bytes): mail is refused until staged bodies have reached the object store")]
    public static partial void StagingFull(ILogger logger, long staged, long limit);

    [LoggerMessage(103, LogLevel.Warning, "Body {Key} (staged as {Id}) could not be moved to the object store, attempt {Attempt}; next in {Pause}")]
    public static partial void UploadFailed(ILogger logger, string key, long id, int attempt, TimeSpan pause, Exception exception);

    [LoggerMessage(104, LogLevel.Error, "Staged bodies could not be read or removed; tried again in {Pause}")]
    public static partial void UploaderFailed(ILogger logger, TimeSpan pause, Exception exception);

    [LoggerMessage(105, LogLevel.Error, "Body {Key} is damaged in {Place}: {Damage}")]
    public static partial void BodyDamaged(ILogger logger, string key, string place, string damage);

    [LoggerMessage(106, LogLevel.Error, "Body {Key} is in neither the object store nor staging")]
    public static partial void BodyMissing(ILogger logger, string key);

    [LoggerMessage(107, LogLevel.Warning, "Body {Key} could not be read")]
    public static partial void BodyUnavailable(ILogger logger, string key, Exception? exception);

    [LoggerMessage(108, LogLevel.Warning, "File {Path} could not be deleted")]
    public static partial void DeleteFailed(ILogger logger, string path, Exception exception);

    [LoggerMessage(109, LogLevel.Information, "{Count} files that no message needs were deleted from the staging folder")]
    public static partial void OrphansDeleted(ILogger logger, int count);

    [LoggerMessage(110, LogLevel.Warning, "The body cache could not keep {Key}")]
    public static partial void CacheFailed(ILogger logger, string key, Exception exception);

    [LoggerMessage(111, LogLevel.Error, "Body {Key} (staged as {Id}) is given up after {Attempt} attempts")]
    public static partial void UploadGivenUp(ILogger logger, string key, long id, int attempt, Exception exception);

    [LoggerMessage(112, LogLevel.Warning, "The lease of bodies on their way to the object store could not be kept")]
    public static partial void LeaseFailed(ILogger logger, Exception exception);

    [LoggerMessage(113, LogLevel.Warning, "The object store did not take {Key} within {Elapsed}")]
    public static partial void StagedObjectFailed(ILogger logger, string key, TimeSpan elapsed, Exception exception);

    [LoggerMessage(114, LogLevel.Warning, "Pack {Key} could not be written anew")]
    public static partial void CompactFailed(ILogger logger, string key, Exception exception);

    [LoggerMessage(141, LogLevel.Error, "Body {Key} cannot be decrypted. {Reason}")]
    public static partial void BodyKeyMissing(ILogger logger, string key, string reason);

    [LoggerMessage(142, LogLevel.Warning, "Bodies are to be encrypted with key '{Asked}', but this node's storage.encryption.active_key is '{Active}': it takes no part")]
    public static partial void OtherKeyAsked(ILogger logger, string asked, string active);

    [LoggerMessage(143, LogLevel.Warning, "Body {Key} could not be encrypted anew; it stays as it is and is tried again")]
    public static partial void RotationFailed(ILogger logger, string key, Exception exception);

    [LoggerMessage(144, LogLevel.Warning, "{Count} bodies or packs could not be encrypted anew; they are tried again")]
    public static partial void RotationIncomplete(ILogger logger, long count);

    [LoggerMessage(145, LogLevel.Information, "All bodies are encrypted with key '{Key}'")]
    public static partial void RotationDone(ILogger logger, string key);

    [LoggerMessage(146, LogLevel.Warning, "Encrypting bodies anew was interrupted; it goes on")]
    public static partial void RotationStopped(ILogger logger, Exception exception);

    [LoggerMessage(148, LogLevel.Warning, "Bodies could not be handed to another node by way of the database: {Reason}")]
    public static partial void TransferFailed(ILogger logger, string reason);

    [LoggerMessage(147, LogLevel.Error, "Nothing in the object store says that its objects are this database's, although it was used before: is it the right one? What it lacks is told as missing when it is read")]
    public static partial void OwnerMissing(ILogger logger);
}
