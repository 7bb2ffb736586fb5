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

    /// <summary>A body is read to be encrypted anew.</summary>
    public const string RotateRead = "rotate.read";

    /// <summary>Its object is encrypted with the new key, its row names the old one.</summary>
    public const string RotatePut = "rotate.put";

    /// <summary>A staged file is about to be deleted.</summary>
    public const string Unstage = "unstage";

    /// <summary>The messages of a batch are deleted, not yet committed.</summary>
    public const string PurgeMessages = "purge.messages";

    /// <summary>The contents are deleted too, and their bodies are not marked yet.</summary>
    public const string PurgeContents = "purge.contents";

    /// <summary>All of a batch is done, but not committed.</summary>
    public const string PurgeBeforeCommit = "purge.before-commit";

    /// <summary>A batch is committed, and more is to come.</summary>
    public const string PurgeCommitted = "purge.committed";

    /// <summary>Some rows of a mailbox that is purged are gone.</summary>
    public const string PurgeMailbox = "purge.mailbox";

    /// <summary>Some mailboxes of an account that is purged are gone, the account is not.</summary>
    public const string PurgeAccount = "purge.account";

    /// <summary>Bodies are marked as being deleted, and the object store was not asked yet.</summary>
    public const string SweepMarked = "sweep.marked";

    /// <summary>The object store has deleted them, and their rows are there.</summary>
    public const string SweepDeleted = "sweep.deleted";

    /// <summary>A batch of objects and its rows are gone.</summary>
    public const string SweepDone = "sweep.done";

    /// <summary>Bodies in packs are gone, and packs in which nothing is left are still there.</summary>
    public const string SweepUnpacked = "sweep.unpacked";

    /// <summary>Packs are marked as being deleted, and the object store was not asked yet.</summary>
    public const string SweepPackMarked = "sweep.pack-marked";

    /// <summary>The object store has deleted packs, and their rows are there.</summary>
    public const string SweepPackDeleted = "sweep.pack-deleted";

    /// <summary>Some messages are brought back, and the rest is not yet.</summary>
    public const string RestoreCommitted = "restore.committed";

    /// <summary>A comparison of database and object store has written down how far it is.</summary>
    public const string VerifySaved = "verify.saved";

    /// <summary>Names the variable of the environment.</summary>
    public const string Variable = "SORA_CRASH_POINT";

    private static readonly string? Wanted = Environment.GetEnvironmentVariable(Variable);
    private static int _reached;

    /// <summary>Those of purging and sweeping.</summary>
    public static IReadOnlyList<string> Retention { get; } =
    [
        PurgeMessages, PurgeContents, PurgeBeforeCommit, PurgeCommitted, PurgeMailbox, PurgeAccount, SweepMarked, SweepDeleted, SweepDone, SweepUnpacked, SweepPackMarked,
        SweepPackDeleted,
    ];

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
