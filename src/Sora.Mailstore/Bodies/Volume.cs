using System.Runtime.InteropServices;

namespace Sora.Mailstore.Bodies;

/// <summary>What .NET does not offer about files: folders made durable, whole volumes made durable, hard links.</summary>
internal static partial class Volume
{
    private static volatile bool _hasNoSyncFs = !OperatingSystem.IsLinux();

    // O_RDONLY | O_CLOEXEC, the same on all Linux architectures
    private static readonly int OpenFlags = OperatingSystem.IsLinux() ? 0x80000 : 0;

    /// <summary>Makes a folder that only this user may enter, with its parents; nothing happens when it is there.</summary>
    public static void MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Makes the entries of a folder durable.</summary>
    /// <exception cref="IOException">The folder cannot be opened or written.</exception>
    public static void SyncFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            return; // NTFS journals its folders
        var folder = Open(path);
        try
        {
            if (fsync(folder) != 0)
                throw Failure("fsync", path);
        }
        finally
        {
            _ = close(folder);
        }
    }

    /// <summary>Makes everything on a folder's volume durable in one pass; false when the system has no such call.</summary>
    /// <exception cref="IOException">Something could not be written.</exception>
    public static bool TrySync(string path)
    {
        if (_hasNoSyncFs)
            return false;
        var folder = Open(path);
        try
        {
            if (syncfs(folder) != 0)
                throw Failure("syncfs", path);
            return true;
        }
        catch (EntryPointNotFoundException)
        {
            _hasNoSyncFs = true;
            return false;
        }
        finally
        {
            _ = close(folder);
        }
    }

    /// <summary>Gives a file a second name; false when the volume cannot, or the name is on another one.</summary>
    public static bool TryLink(string existing, string name) => !OperatingSystem.IsWindows() && link(existing, name) == 0;

    private static int Open(string path)
    {
        var folder = open(path, OpenFlags);
        return folder >= 0 ? folder : throw Failure("open", path);
    }

    private static IOException Failure(string call, string path) => new($"{call} of {path} failed: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int syncfs(int file);

    [LibraryImport("libc")]
    private static partial int close(int file);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string existing, string name);
}
