using Sora.Contracts;

namespace Sora.Gateway.Imap.Resync;

/// <summary>What has been expunged since a client last looked (RFC 7162 section 3.2.6).</summary>
internal static class VanishedEarlier
{
    /// <summary>
    /// Those of <paramref name="uids"/> that were expunged after <paramref name="since"/>; all that are gone when the log no longer reaches back
    /// that far. Messages that the session still counts are not among them: it is told of those by itself.
    /// </summary>
    public static async ValueTask<MailResult<UidSet>> FindAsync(
        SelectedMailbox selected, UidSet uids, ModSeq since, CancellationToken cancellationToken)
    {
        if (uids.IsEmpty)
            return UidSet.Empty;
        var from = new ModSeq(Math.Max(since.Value, 0));
        var latest = selected.Latest;
        if (from >= latest.HighestModSeq)
            return UidSet.Empty;
        var expunged = await selected.Mailbox.ExpungedSinceAsync(from, cancellationToken).ConfigureAwait(false);
        if (!expunged.IsOk)
            return expunged.Error;
        var vanished = expunged.Value is { } known ? known.Intersect(uids) : uids;
        return vanished.Except(selected.View.Existing(vanished)).Except(latest.Existing(vanished));
    }
}
