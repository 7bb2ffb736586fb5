namespace Sora.Mailstore.Storage.Embedded;

/// <summary>A lock on a folder, held through an open file: the system frees it however the program ends.</summary>
internal static class FolderLock
{
    /// <summary>Held by the one program that watches over the server.</summary>
    public static FileStream? TryOwn(string dataFolder) => TryOpen(Path.Combine(dataFolder, "postgres.owner.lock"), shared: false);

    /// <summary>Held by every program that uses the server; exclusively by the last one, while it stops the server.</summary>
    public static FileStream? TryUse(string dataFolder, bool alone) => TryOpen(Path.Combine(dataFolder, "postgres.users.lock"), !alone);

    private static FileStream? TryOpen(string path, bool shared)
    {
        try
        {
            if (!shared)
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
            if (!File.Exists(path))
                new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 1).Dispose();
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new DatabaseException($"{path} cannot be opened: {e.Message} Was Sora run as another user before?", e);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }
}
