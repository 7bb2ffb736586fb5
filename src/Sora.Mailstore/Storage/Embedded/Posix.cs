using System.Runtime.InteropServices;

namespace Sora.Mailstore.Storage.Embedded;

/// <summary>The calls of the operating system that .NET does not offer.</summary>
internal static unsafe partial class Posix
{
    public const int SignalInterrupt = 2;
    public const int SignalQuit = 3;
    public const int SignalKill = 9;

    /// <summary>Makes a folder (if it is not there) that only <paramref name="user"/> may enter.</summary>
    /// <exception cref="DatabaseException">It cannot be made.</exception>
    public static void MakePrivateFolder(string path, SystemUser user)
    {
        const uint mode = 0x1C0; // 0700
        if (mkdir(path, mode) == 0)
        {
            if (SystemUser.IsRoot && chown(path, user.Uid, user.Gid) != 0)
                throw new DatabaseException($"{path} cannot be given to user id {user.Uid}: {Marshal.GetLastPInvokeErrorMessage()}");
            return;
        }

        var error = Marshal.GetLastPInvokeErrorMessage();
        if (!Directory.Exists(path))
            throw new DatabaseException($"{path} cannot be made: {error}");
        if (!IsPrivateFolder(path, user))
            throw new DatabaseException($"{path} is there already, but does not belong to user id {user.Uid} alone (mode 0700)");
    }

    /// <summary>Whether it is a folder (no link) that belongs to the user, and nobody else may enter it.</summary>
    public static bool IsPrivateFolder(string path, SystemUser user) =>
        Stat(path) is not { } status // no statx on this system: what mkdir refuses is all there is to see
            ? !OperatingSystem.IsLinux() && Directory.Exists(path)
            : status.Uid == user.Uid && (status.Mode & 0xF03F) == 0x4000; // a folder without rights for group and others

    /// <summary>Who owns a file, if the system can tell.</summary>
    public static (uint Uid, uint Gid)? OwnerOf(string path) => Stat(path) is { } status ? (status.Uid, status.Gid) : null;

    /// <summary>Whether both paths lead to one file, links followed; false when the system cannot tell.</summary>
    public static bool IsSameFile(string left, string right) =>
        Stat(left, follow: true) is { } a && Stat(right, follow: true) is { } b
        && a.Inode == b.Inode && a.DeviceMajor == b.DeviceMajor && a.DeviceMinor == b.DeviceMinor;

    private static StatX? Stat(string path, bool follow = false)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        const int currentFolder = -100;
        const int noFollow = 0x100;
        const uint basicStats = 0x7FF;
        StatX status;
        return statx(currentFolder, path, follow ? 0 : noFollow, basicStats, &status) == 0 ? status : null;
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint GetEffectiveUserId();

    [LibraryImport("libc", EntryPoint = "getegid")]
    public static partial uint GetEffectiveGroupId();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdir(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chown(string path, uint uid, uint gid);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int folder, string path, int flags, uint mask, StatX* status);

    // struct statx is the same on every architecture, unlike struct stat
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatX
    {
        [FieldOffset(20)]
        public uint Uid;

        [FieldOffset(24)]
        public uint Gid;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }
}
