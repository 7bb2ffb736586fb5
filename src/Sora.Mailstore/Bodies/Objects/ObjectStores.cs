using Microsoft.Extensions.Logging;
using Sora.Mailstore.Bodies.Objects.S3;

namespace Sora.Mailstore.Bodies.Objects;

/// <summary>Opens the object store that the configuration names: the same one for the server and for sora-admin.</summary>
internal static class ObjectStores
{
    /// <param name="options">[storage]</param>
    /// <param name="s3">[s3]</param>
    /// <param name="dataFolder">Where the folder is that the options do not name.</param>
    /// <param name="metrics">The engine's meter.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where the store logs.</param>
    /// <exception cref="IOException">A folder cannot be made.</exception>
    public static IObjectStore Open(StorageOptions options, S3Options s3, string dataFolder, MailstoreMetrics metrics, TimeProvider time, ILoggerFactory loggers) =>
        options.ObjectStore == ObjectStoreKind.S3
            ? new S3ObjectStore(s3, metrics, time, loggers.CreateLogger<S3ObjectStore>())
            : new FilesystemObjectStore(FolderOf(options, dataFolder));

    /// <summary>The same, but a folder that is not there is an error: a mistyped name is not to be an empty store.</summary>
    /// <exception cref="DirectoryNotFoundException">The folder is not there.</exception>
    /// <inheritdoc cref="Open"/>
    public static IObjectStore OpenExisting(
        StorageOptions options, S3Options s3, string dataFolder, MailstoreMetrics metrics, TimeProvider time, ILoggerFactory loggers)
    {
        if (options.ObjectStore == ObjectStoreKind.Filesystem && !Directory.Exists(FolderOf(options, dataFolder)))
            throw new DirectoryNotFoundException($"{FolderOf(options, dataFolder)} is not there: it is where storage.object_store = \"filesystem\" keeps bodies");
        return Open(options, s3, dataFolder, metrics, time, loggers);
    }

    private static string FolderOf(StorageOptions options, string dataFolder) => options.BodiesFolder ?? Path.Combine(dataFolder, "bodies");
}
