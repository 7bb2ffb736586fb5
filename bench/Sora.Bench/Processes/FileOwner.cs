using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Sora.Bench.Processes;

/// <summary>chown(2), which .NET does not have.</summary>
internal static partial class FileOwner
{
    public static void Change(string path, int user, int group)
    {
        if (ChangeOwner(path, user, group) != 0)
        {
            throw new Win32Exception();
        }
    }

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, int user, int group);
}
