using System.Globalization;

namespace Sora.Mailstore;

/// <summary>
/// Places where a test lets the process die as <c>kill -9</c> would, to see that the next start finds everything in order. The environment
/// variable <c>SORA_CRASH_POINT</c> names one, or one and how often it is passed first (<c>name:3</c> is the third time). Without it they do nothing.
/// </summary>
internal static class CrashPoints
{
    public const string Variable = "SORA_CRASH_POINT";

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

    /// <summary>A message is restored, and the rest is not yet.</summary>
    public const string RestoreCommitted = "restore.committed";

    private static readonly (string Name, int Times)? Wanted = Parse(Environment.GetEnvironmentVariable(Variable));
    private static int _passed;

    /// <summary>All of them, for the tests that go through them.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        PurgeMessages, PurgeContents, PurgeBeforeCommit, PurgeCommitted, PurgeMailbox, PurgeAccount,
        SweepMarked, SweepDeleted, SweepDone, SweepUnpacked, SweepPackMarked, SweepPackDeleted, RestoreCommitted,
    ];

    /// <summary>Dies here, when this is where it is to die.</summary>
    public static void Reach(string name)
    {
        if (Wanted is { } wanted && wanted.Name == name && Interlocked.Increment(ref _passed) == wanted.Times)
            Die();
    }

    internal static (string Name, int Times)? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        var colon = text.LastIndexOf(':');
        return colon >= 0 && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var times)
            ? (text[..colon], Math.Max(1, times))
            : (text, 1);
    }

    // Process.Kill sends SIGKILL; nothing of this process runs any more once it is there, whatever this thread does meanwhile
    private static void Die()
    {
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        self.Kill();
        Thread.Sleep(Timeout.Infinite);
    }
}
