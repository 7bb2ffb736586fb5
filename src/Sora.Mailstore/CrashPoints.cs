using System.Diagnostics;
using System.Globalization;

namespace Sora.Mailstore;

/// <summary>
/// The steps between which a process may die. Where the environment variable SORA_CRASH_POINT names one (<c>upload.put</c>, or
/// <c>upload.put:3</c> for the third time), the process ends there as by SIGKILL, so that tests see what the next one makes of it.
/// </summary>
public static class CrashPoints
{
    /// <summary>A body is durable in staging; its message is not committed.</summary>
    public const string Staged = "staged";

    /// <summary>A staged object is claimed, not put.</summary>
    public const string StagedObjectClaimed = "staged-object.claimed";

    /// <summary>A staged object is put; nothing refers to it.</summary>
    public const string StagedObjectPut = "staged-object.put";

    /// <summary>A commit is about to be sent.</summary>
    public const string Committing = "committing";

    /// <summary>A commit is durable; nobody was told.</summary>
    public const string Committed = "committed";

    /// <summary>Staged bodies are leased.</summary>
    public const string UploadLeased = "upload.leased";

    /// <summary>Their rows are claimed, no object is put.</summary>
    public const string UploadClaimed = "upload.claimed";

    /// <summary>A pack has its row, not its object.</summary>
    public const string PackAdded = "pack.added";

    /// <summary>The objects are put, their bodies still staged.</summary>
    public const string UploadPut = "upload.put";

    /// <summary>The objects count, the staged rows are gone, staged files and objects are still there.</summary>
    public const string UploadFinished = "upload.finished";

    /// <summary>The bodies of a pack that is written anew are read.</summary>
    public const string CompactRead = "compact.read";

    /// <summary>The new pack is put; its bodies are still read from the old one.</summary>
    public const string CompactPut = "compact.put";

    /// <summary>A staged file is about to be deleted.</summary>
    public const string Unstage = "unstage";

    /// <summary>A comparison of database and object store has written down how far it is.</summary>
    public const string VerifySaved = "verify.saved";

    private static readonly string? Wanted = Environment.GetEnvironmentVariable("SORA_CRASH_POINT");
    private static int _reached;

    /// <summary>Ends the process when this is the point that the environment names.</summary>
    public static void Reach(string point)
    {
        if (Wanted is not null)
            Check(point);
    }

    private static void Check(string point)
    {
        var name = Wanted.AsSpan();
        var time = 1;
        if (name.IndexOf(':') is >= 0 and var colon)
        {
            time = int.Parse(name[(colon + 1)..], CultureInfo.InvariantCulture);
            name = name[..colon];
        }

        if (!name.SequenceEqual(point) || Interlocked.Increment(ref _reached) != time)
            return;
        using var self = Process.GetCurrentProcess();
        self.Kill();
        Thread.Sleep(Timeout.Infinite);
    }
}
