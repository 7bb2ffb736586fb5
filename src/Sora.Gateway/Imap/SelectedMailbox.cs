using Sora.Contracts;
using Sora.Gateway.Imap.Contexts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Replicas;

namespace Sora.Gateway.Imap;

/// <summary>
/// The session's view of its mailbox. <see cref="View"/> is what the client's sequence numbers mean: the index as of the last time
/// the client was told of arrivals and expunges. Flags may be known to be newer (<see cref="Reported"/>), because they are reported while
/// expunges have to wait.
/// </summary>
internal sealed class SelectedMailbox : IDisposable
{
    public static readonly MailError NotAllowed = new(MailErrorCode.NoPerm, "You may not do that with this mailbox");

    private static readonly MailError OpenReadOnly = new(MailErrorCode.ReadOnly, "Mailbox is open read-only");

    private readonly ReplicaLease _lease;
    private readonly bool _isExamined;
    private readonly Dictionary<uint, MessageRow> _lastTold = []; // of messages that others have expunged, where the view's row is not what the client knows
    private MailboxIndex _told; // the newest state out of which something was told
    private KeywordTable _keywordsTold;
    private uint _recentTold; // UIDs below are told, as \Recent or not

    public SelectedMailbox(MailboxTarget target, ReplicaLease lease, bool isExamined, bool tracksRecent)
    {
        Target = target;
        Rights = target.Rights;
        _lease = lease;
        _isExamined = isExamined;
        TracksRecent = tracksRecent;
        View = Reported = _told = Latest;
        _keywordsTold = View.Keywords;
    }

    /// <summary>What was found under the name that the client selected, with the rights the user had then.</summary>
    public MailboxTarget Target { get; }

    public MailboxName Name => Target.Name;

    /// <summary>What the user may do, as of the beginning of the command that runs.</summary>
    public Rights Rights { get; set; }

    public bool MayRead => (Rights & Rights.Read) != Rights.None;

    /// <summary>EXAMINE, or no right to change anything (RFC 4314 section 5.2).</summary>
    public bool IsReadOnly => _isExamined || (Rights & Rights.AnyChange) == Rights.None;

    /// <summary>The rights that say which flags may be changed.</summary>
    public Rights FlagRights => IsReadOnly ? Rights.None : Rights & Rights.AnyFlag;

    /// <summary>The client knows \Recent: it has not enabled IMAP4rev2.</summary>
    public bool TracksRecent { get; set; }

    public MailboxReplica Replica => _lease.Replica;

    public IMailbox Mailbox => Replica.Mailbox;

    public MailboxId Id => Replica.Id;

    public bool IsGone => Replica.IsEnded;

    /// <summary>The messages as the client counts them.</summary>
    public MailboxIndex View { get; private set; }

    /// <summary>The newest state whose flags the client was told of.</summary>
    public MailboxIndex Reported { get; private set; }

    /// <summary>The newest state there is.</summary>
    public MailboxIndex Latest => Replica.Current!;

    /// <summary>The client has not been told of all expunges that others' changes up to <see cref="Reported"/> hold.</summary>
    public bool ExpungesWait { get; private set; }

    /// <summary>UIDs that are \Recent in this session.</summary>
    public UidSet Recent { get; private set; } = UidSet.Empty;

    /// <summary>What SEARCH RETURN (SAVE) left (RFC 5182).</summary>
    public UidSet Saved { get; set; } = UidSet.Empty;

    /// <summary>Why something that needs all these rights, and changes the mailbox, cannot be done; null when it can.</summary>
    public MailError? WhyNot(Rights needed)
    {
        if (_isExamined)
            return OpenReadOnly;
        return (Rights & needed) == needed ? null : NotAllowed;
    }

    /// <summary>Searches whose results are kept up to date (RFC 5267).</summary>
    public SearchContexts Contexts { get; } = new();

    public void Dispose() => _lease.Dispose();

    /// <summary>Waits for what was announced, and for the result of the session's own writes.</summary>
    public ValueTask<MailError?> CatchUpAsync(ModSeq atLeast, CancellationToken cancellationToken) =>
        Replica.CatchUpAsync(atLeast, cancellationToken);

    public ValueTask<MailError?> RefreshAsync(TimeSpan maxAge, CancellationToken cancellationToken) =>
        Replica.RefreshAsync(cancellationToken, maxAge);

    /// <summary>
    /// Every message of the view has the same position in that newer state. UIDs only ever go or come at the end, so it is enough to look at the
    /// last one.
    /// </summary>
    public bool IsAligned(MailboxIndex newer) => IsAligned(View, newer);

    private static bool IsAligned(MailboxIndex older, MailboxIndex newer) =>
        ReferenceEquals(older, newer) || older.Count == 0
        || (newer.Count >= older.Count && newer.UidAt(older.Count - 1) == older.UidAt(older.Count - 1));

    /// <summary>
    /// The message at a position of the view as it is now: with its newest flags, or with its last ones when others have expunged it and the
    /// client has not been told yet.
    /// </summary>
    public MessageRow RowAt(int position, MailboxIndex latest)
    {
        if (IsAligned(latest))
            return latest[position];
        var uid = View.UidAt(position);
        var now = latest.PositionOf(uid);
        if (now >= 0)
            return latest[now];
        return _lastTold.TryGetValue(uid, out var row) ? row : View[position];
    }

    /// <summary>
    /// Something is going to be told out of that state. Of messages that are in it no longer, but were in the one before, the last flags are kept:
    /// those that the client hears of once more must not be older than what it was told already.
    /// </summary>
    public void TellFrom(MailboxIndex latest)
    {
        if (ReferenceEquals(_told, latest))
            return;
        if (!IsAligned(latest))
        {
            foreach (var position in IndexDifference.Between(_told, latest).Expunged)
            {
                var row = _told[position];
                if (View.PositionOf(row.Uid) is >= 0 and var seen && View[seen].ModSeq < row.ModSeq)
                    _lastTold[row.Uid] = row;
            }
        }

        _told = latest;
    }

    /// <summary>
    /// A STORE named messages that others have expunged and the client still counts. It gets what it asked for, here only (RFC 2180 section 4.2.1), until it
    /// hears that they are gone. Their mod-sequences stay: a later one than that of the expunge would let a client think that it knows of it.
    /// </summary>
    public void StoreExpunged(UidSet uids, MailboxIndex latest, SyncScope stored)
    {
        if (IsAligned(latest))
            return;
        foreach (var uid in View.Existing(uids).Except(latest.Existing(uids)))
        {
            var row = RowAt(View.PositionOf(uid), latest);
            _lastTold[uid] = row with { Flags = stored.After(row.Flags) };
        }
    }

    /// <summary>The UIDs that the set means for this session; null when it names a sequence number that does not exist.</summary>
    public UidSet? Resolve(Wire.SequenceSet set, bool byUid)
    {
        if (set.IsSaved)
            return View.Existing(Saved);
        if (byUid)
            return set.ResolveUids(View);
        return View.Count == 0 && set.IsAll ? UidSet.Empty : set.ResolveNumbers(View);
    }

    /// <summary>The sequence numbers of those of the UIDs that are in the view, as a set.</summary>
    public UidSet NumbersOf(UidSet uids)
    {
        var numbers = new UidSet.Builder();
        foreach (var range in uids.Ranges)
        {
            var from = View.LowerBound(range.First);
            var to = range.Last == uint.MaxValue ? View.Count : View.LowerBound(range.Last + 1);
            if (from < to)
                numbers.Add((uint)from + 1, (uint)to);
        }

        return numbers.ToSet();
    }

    /// <summary>Finds out which of the messages up to UIDNEXT are \Recent here; true when some are.</summary>
    public async ValueTask<bool> ClaimRecentAsync(CancellationToken cancellationToken)
    {
        var uidNext = Latest.UidNext;
        if (!TracksRecent || uidNext.Value <= _recentTold)
            return false;
        var claimed = await Mailbox.ClaimRecentAsync(uidNext, keep: IsReadOnly, cancellationToken).ConfigureAwait(false);
        var first = Math.Max(_recentTold, claimed.IsOk ? claimed.Value.Value : uidNext.Value);
        _recentTold = uidNext.Value;
        if (first >= uidNext.Value)
            return false;
        Recent = Recent.Union(UidSet.Range(first, uidNext.Value - 1));
        return true;
    }

    public int RecentCount()
    {
        var count = 0;
        foreach (var range in NumbersOf(Recent).Ranges)
            count += (int)range.Count;
        return count;
    }

    /// <summary>
    /// Tells the client what is new: expunges (unless they have to wait), arrivals, flags. While expunges wait, arrivals wait with them, so that
    /// the view stays one state of the mailbox.
    /// </summary>
    public async ValueTask ReportAsync(ImapConnection connection, bool mayExpunge, SyncScope scope, CancellationToken cancellationToken)
    {
        var latest = Latest;
        if (ReferenceEquals(latest, View) && ReferenceEquals(latest, Reported) && !Contexts.DependOnTime)
            return;
        var notify = scope.IsAll ? null : connection.Session.Notify;
        var mutesMessages = notify is { TellsMessages: false } && !scope.IsOwn;
        if (mutesMessages && scope.Stored.IsEmpty)
            return; // The client wants to hear nothing (RFC 5465 section 3.1)
        var structure = IndexDifference.Between(View, latest);
        var flags = ReferenceEquals(View, Reported) ? structure : IndexDifference.Between(Reported, latest);
        var wait = mutesMessages || (!mayExpunge && structure.Expunged.Count > 0);
        ExpungesWait = wait;
        var counted = View;
        TellKeywords(connection, latest);
        TellFrom(latest);
        if (!wait)
        {
            if (Contexts.Count > 0)
                await Contexts.RemoveAsync(connection, structure.ExpungedUids).ConfigureAwait(false);
            await ReportExpungesAsync(connection, structure).ConfigureAwait(false);
            View = latest;
            _lastTold.Clear();
            if (structure.Appended > 0)
                await ReportArrivalsAsync(connection, structure.Appended, scope, cancellationToken).ConfigureAwait(false);
        }

        var mutesFlags = notify is { TellsFlags: false };
        if (!mutesFlags && Reported.HighestModSeq < counted.HighestModSeq)
            await ReportKeptFlagsAsync(connection, counted, latest).ConfigureAwait(false);
        else
            await ReportFlagsAsync(connection, flags, latest, scope, mutesFlags).ConfigureAwait(false);
        if (Contexts.Count > 0)
            await Contexts.RefreshAsync(connection, latest, ChangedUids(latest, flags, wait ? 0 : structure.Appended), cancellationToken).ConfigureAwait(false);
        if (!wait && !scope.IsOwn && structure.Expunged.Count > 0)
            TellModSeq(connection, latest);
    }

    // VANISHED has no mod-sequence: without this a client goes on with the one from before, or with the lower one it was given while the expunge had
    // to wait (RFC 7162 section 6, the example's end). EXPUNGE, MOVE and REPLACE have it in their tagged answers.
    private void TellModSeq(ImapConnection connection, MailboxIndex latest)
    {
        if (connection.Session.QResync && ReferenceEquals(Reported, latest) && connection.HighestModSeqTold < latest.HighestModSeq.Value)
            ImapReply.Ok("Highest", new HighestModSeqCode(latest.HighestModSeq)).WriteUntagged(connection.Writer);
    }

    // The client did not want to hear of flags for a while, but of new messages: those may have changed too since it counted them.
    private async ValueTask ReportKeptFlagsAsync(ImapConnection connection, MailboxIndex counted, MailboxIndex latest)
    {
        var since = Reported.HighestModSeq;
        Reported = latest;
        if (counted.UidNext.Value == 1)
            return;
        var scan = new Fetch.FlagScan(connection, latest, !connection.Session.UidOnly, withFlags: true, connection.Session.CondStore, since);
        await scan.WriteAsync(UidSet.Range(1, counted.UidNext.Value - 1)).ConfigureAwait(false);
    }

    // With mute only what the session's own STORE has changed is told; the rest is kept for the time when the client wants to hear of it again.
    private async ValueTask ReportFlagsAsync(
        ImapConnection connection, IndexDifference flags, MailboxIndex latest, SyncScope scope, bool mute)
    {
        var before = Reported;
        if (!mute)
            Reported = latest;
        for (var next = 0; next < flags.Changed.Count;)
        {
            next = WriteFlagUpdates(connection, flags.Changed, next, latest, before, scope, mute);
            if (connection.Writer.ShouldFlush)
                await connection.Writer.FlushAsync().ConfigureAwait(false);
        }
    }

    private static UidSet ChangedUids(MailboxIndex latest, IndexDifference flags, int appended)
    {
        var uids = new UidSet.Builder();
        foreach (var position in flags.Changed)
            uids.Add(latest.UidAt(position));
        for (var position = latest.Count - appended; position < latest.Count; position++)
            uids.Add(latest.UidAt(position));
        return uids.ToSet();
    }

    private static async ValueTask ReportExpungesAsync(ImapConnection connection, IndexDifference structure)
    {
        if (connection.Session.QResync || connection.Session.UidOnly)
        {
            await MailboxResponses.WriteVanishedAsync(connection.Writer, structure.ExpungedUids, earlier: false).ConfigureAwait(false);
            return;
        }

        for (var i = 0; i < structure.Expunged.Count; i++)
        {
            MailboxResponses.WriteExpunge(connection.Writer, structure.Expunged[i] + 1 - i);
            if (connection.Writer.ShouldFlush)
                await connection.Writer.FlushAsync().ConfigureAwait(false);
        }
    }

    // Until all is written or has to be sent. After a STORE of a whole mailbox this looks at every message.
    private int WriteFlagUpdates(
        ImapConnection connection, IReadOnlyList<int> changed, int next, MailboxIndex latest, MailboxIndex before, SyncScope scope, bool mute)
    {
        var now = new RowReader(latest);
        var then = new RowReader(before);
        var inStep = IsAligned(before, latest);
        var viewInStep = IsAligned(latest);
        for (; next < changed.Count && !connection.Writer.ShouldFlush; next++)
        {
            var position = changed[next];
            now.MoveTo(position);
            var number = (viewInStep ? position : View.PositionOf(now.Uid)) + 1;
            if (number == 0 || number > View.Count || scope.WasTold(now.Uid, now.ModSeq) || (mute && !scope.Stored.Contains(now.Uid)))
                continue;
            var old = inStep ? position : before.PositionOf(now.Uid);
            if (old >= 0)
                then.MoveTo(old);
            var silent = old >= 0 && scope.IsExpected(now.Uid, now.Flags, then.Flags);
            if (!silent || connection.Session.CondStore)
                MailboxResponses.WriteFlagUpdate(connection, number, now, latest.Keywords, withFlags: !silent);
        }

        return next;
    }

    /// <summary>Tells which flags may be changed now (RFC 4314 section 5.1.1).</summary>
    public void TellFlags(ImapConnection connection) => MailboxResponses.WriteFlags(connection.Writer, _keywordsTold, FlagRights);

    /// <summary>Names new keywords before they are used (RFC 9051 section 7.3.5).</summary>
    public void TellKeywords(ImapConnection connection, MailboxIndex latest)
    {
        if (ReferenceEquals(_keywordsTold, latest.Keywords))
            return;
        var isNews = false;
        for (var slot = 0; slot < latest.Keywords.SlotCount; slot++)
            isNews |= slot >= _keywordsTold.SlotCount || _keywordsTold[slot] != latest.Keywords[slot];
        _keywordsTold = latest.Keywords;
        if (isNews)
            MailboxResponses.WriteFlags(connection.Writer, latest.Keywords, FlagRights);
    }

    private async ValueTask ReportArrivalsAsync(ImapConnection connection, int count, SyncScope scope, CancellationToken cancellationToken)
    {
        MailboxResponses.WriteExists(connection.Writer, View.Count);
        if (TracksRecent)
        {
            if (scope.IsIdle)
                await connection.Writer.FlushAsync().ConfigureAwait(false);
            if (await ClaimRecentAsync(cancellationToken).ConfigureAwait(false))
                MailboxResponses.WriteRecent(connection.Writer, RecentCount());
        }

        if (connection.Session.Notify?.Fetch is { } items)
            await Notify.ArrivalFetch.WriteAsync(connection, items, View.Count - count, scope.Added, cancellationToken).ConfigureAwait(false);
    }
}
