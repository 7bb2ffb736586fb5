namespace Sora.Testing;

/// <summary>A folder for one test, deleted with everything in it.</summary>
public sealed class TempFolder : IDisposable
{
    private const string Memory = "/dev/shm";
    private const long Plenty = 8L << 30;

    public TempFolder()
        : this(Directory.CreateTempSubdirectory("sora-test-").FullName)
    {
    }

    private TempFolder(string path) => Path = path;

    /// <summary>
    /// A folder for a server with a database: in memory where that is plenty. The tests make and delete databases of 500 files each by the thousand, for which a file system on disk takes five
    /// times as long.
    /// </summary>
    public static TempFolder OfServer()
    {
        if (!OperatingSystem.IsLinux() || !MemoryIsPlenty())
            return new TempFolder();
        var path = System.IO.Path.Combine(Memory, "sora-test-" + System.IO.Path.GetRandomFileName());
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new TempFolder(path);
    }

    /// <summary>True for a folder in memory.</summary>
    public bool IsInMemory => Path.StartsWith(Memory, StringComparison.Ordinal);

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // The test deleted it itself
        }
    }

    private static bool MemoryIsPlenty() =>
        Directory.Exists(Memory) && new DriveInfo(Memory).AvailableFreeSpace >= Plenty && Signals.AvailableMemory >= Plenty;
}
