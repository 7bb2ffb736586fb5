using Sora.Contracts;
using Sora.Gateway.Imap.Fetch;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;
using Sora.Gateway.Sieve.Mailboxes;

namespace Sora.Gateway.Imap.Commands;

/// <summary>STORE and UID STORE (RFC 9051 section 6.4.6; UNCHANGEDSINCE: RFC 7162 section 3.1.3). Flags that the user may not change are left alone.</summary>
internal sealed class StoreCommand(SequenceSet set, bool byUid, StoreMode mode, bool silent, FlagSet flags, ModSeq? unchangedSince) : ImapCommand
{
    // The client would take flags told before a silent STORE for those after it
    public override bool ReportsFirst => !silent;

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var set = parser.SequenceSet();
        parser.Space();
        ModSeq? unchangedSince = null;
        if (parser.TryByte((byte)'('))
        {
            if (!parser.TryKeyword("UNCHANGEDSINCE"u8))
                throw parser.Error("UNCHANGEDSINCE");
            parser.Space();
            unchangedSince = parser.ModSequence();
            parser.Close();
            parser.Space();
        }

        var mode = parser.TryByte((byte)'+') ? StoreMode.Add : parser.TryByte((byte)'-') ? StoreMode.Remove : StoreMode.Replace;
        var silent = parser.Atom("FLAGS or FLAGS.SILENT") switch
        {
            "FLAGS" => false,
            "FLAGS.SILENT" => true,
            _ => throw parser.Error("FLAGS or FLAGS.SILENT"),
        };
        parser.Space();
        return new StoreCommand(set, context.ByUid, mode, silent, parser.StoreFlags(), unchangedSince);
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var selected = connection.Selected;
        if (selected.WhyNot(Rights.None) is { } refusal)
            return ImapReply.No(refusal);
        var covered = flags.CoveredBy(selected.Rights);
        if ((selected.Rights & Rights.AnyFlag) == Rights.None || (covered.IsEmpty && !flags.IsEmpty))
            return ImapReply.No(SelectedMailbox.NotAllowed);
        if (selected.Resolve(set, byUid) is not { } uids)
            return ImapReply.Bad("No such message");
        uids = MessageLimit.Highest(connection, uids, out var limited);
        if (unchangedSince is not null)
            connection.EnableCondStore();
        if (uids.IsEmpty || (selected.NumbersOf(uids).IsEmpty && selected.Latest.Existing(uids).IsEmpty))
            return ImapReply.Ok("STORE completed");
        var scripts = await CommandEvents.FindForFlagsAsync(connection, cancellationToken).ConfigureAwait(false);
        var request = new StoreRequest(OperationId.New(), uids, mode, covered, unchangedSince, selected.Rights, TellChanges: scripts is not null);
        var storing = selected.Mailbox.StoreAsync(request, cancellationToken);
        await ProgressReport.WhileAsync(connection, storing).ConfigureAwait(false);
        var stored = await storing.ConfigureAwait(false);
        if (!stored.IsOk)
            return ImapReply.No(stored.Error);
        await selected.CatchUpAsync(stored.Value.ModSeq, cancellationToken).ConfigureAwait(false);
        var modified = byUid ? stored.Value.Modified : selected.View.Existing(stored.Value.Modified);
        await ReportAsync(connection, uids.Except(modified), cancellationToken).ConfigureAwait(false);
        if (scripts is not null)
            await CommandEvents.FlagsChangedAsync(connection, scripts, EventGroup.Of(stored.Value.Changes), cancellationToken).ConfigureAwait(false);
        return MessageLimit.Answer(connection, Answer(selected, uids, modified), limited);
    }

    // Not silent: the flags of each message, changed or not. Silent: only what others have changed, and where a condition was met, all mod-sequences.
    private async ValueTask ReportAsync(ImapConnection connection, UidSet uids, CancellationToken cancellationToken)
    {
        var selected = connection.Selected;
        var latest = selected.Latest;
        var before = selected.Reported;
        var scope = new SyncScope
        {
            Stored = uids, Mode = mode, Mask = latest.Keywords.MaskOf(flags.CoveredBy(selected.Rights)), Kept = ~FlagMask.Covered(selected.Rights),
        };
        selected.TellKeywords(connection, latest);
        selected.TellFrom(latest);
        if (unchangedSince is null)
            selected.StoreExpunged(uids, latest, scope);
        if (!silent)
        {
            var condStore = connection.Session.CondStore;
            var withUid = !connection.Session.UidOnly && (byUid || condStore);
            var scan = new FlagScan(connection, latest, withUid, withFlags: true, withModSeq: condStore, changedSince: null);
            await scan.WriteAsync(uids).ConfigureAwait(false);
            scope = new SyncScope { Told = uids, ToldAsOf = latest.HighestModSeq };
        }

        await connection.SynchronizeAsync(mayExpunge: false, scope, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (silent && unchangedSince is not null)
        {
            var scan = new FlagScan(connection, latest, !connection.Session.UidOnly, withFlags: false, withModSeq: true, changedSince: null);
            await scan.WriteAsync(SameIn(before, latest, uids)).ConfigureAwait(false);
        }
    }

    // A message that passed UNCHANGEDSINCE and had the flags already: its mod-sequence stays (RFC 7162 section 3.1.11), but is told (section 3.1.3)
    private static UidSet SameIn(MailboxIndex before, MailboxIndex latest, UidSet uids)
    {
        var same = new UidSet.Builder();
        foreach (var uid in latest.Existing(uids))
        {
            if (before.PositionOf(uid) is >= 0 and var position && before[position].ModSeq == latest[latest.PositionOf(uid)].ModSeq)
                same.Add(uid);
        }

        return same.ToSet();
    }

    private ImapReply Answer(SelectedMailbox selected, UidSet uids, UidSet modified)
    {
        if (!modified.IsEmpty)
            return ImapReply.Ok("Conditional STORE failed", new ModifiedCode(byUid ? modified : selected.NumbersOf(modified)));

        // RFC 2180 section 4.2 leaves it open what a STORE of messages that others have expunged is answered. Nothing failed that the client could
        // mend, and old clients take NO for more than it is: RFC 5530's code says it
        return !silent && !byUid && selected.View.Existing(uids) != selected.Latest.Existing(uids)
            ? ImapReply.Ok("Some of the messages have been expunged", ResponseCode.ExpungeIssued)
            : ImapReply.Ok("STORE completed");
    }
}
