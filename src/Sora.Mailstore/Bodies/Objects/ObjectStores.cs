namespace Sora.Mailstore.Bodies.Objects;

/// <summary>Opens the object store that the configuration names: the same one for the server and for sora-admin.</summary>
internal static class ObjectStores
{
    /// <param name="options">[storage]</param>
    /// <param name="dataFolder">Where the folder is that the options do not name.</param>
    /// <exception cref="IOException">A folder cannot be made.</exception>
    public static IObjectStore Open(StorageOptions options, string dataFolder) => new FilesystemObjectStore(FolderOf(options, dataFolder));

    /// <summary>The same, but a folder that is not there is an error: a mistyped name is not to be an empty store.</summary>
    /// <exception cref="DirectoryNotFoundException">The folder is not there.</exception>
    public static IObjectStore OpenExisting(StorageOptions options, string dataFolder)
    {
        if (options.ObjectStore == ObjectStoreKind.Filesystem && !Directory.Exists(FolderOf(options, dataFolder)))
            throw new DirectoryNotFoundException($"{FolderOf(options, dataFolder)} is not there: it is where storage.object_store = \"filesystem\" keeps bodies");
        return Open(options, dataFolder);
    }

    private static string FolderOf(StorageOptions options, string dataFolder) => options.BodiesFolder ?? Path.Combine(dataFolder, "bodies");
}
