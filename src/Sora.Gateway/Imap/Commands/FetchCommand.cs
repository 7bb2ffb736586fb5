using Sora.Contracts;
using Sora.Gateway.Imap.Fetch;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Resync;
using Sora.Gateway.Imap.Wire;
using Sora.Gateway.Sieve.Mailboxes;

namespace Sora.Gateway.Imap.Commands;

/// <summary>
/// FETCH and UID FETCH (RFC 9051 section 6.4.5; CHANGEDSINCE: RFC 7162 section 3.1.4.1, VANISHED: section 3.2.6; PARTIAL: RFC 9394 section 3.3).
/// </summary>
internal sealed class FetchCommand : ImapCommand
{
    private const int BatchSize = 256;
    private const int IndexBatchSize = 4096; // Where nothing of the contents is read

    private readonly SequenceSet _set;
    private readonly bool _byUid;
    private readonly List<FetchItem> _items;
    private readonly FetchModifiers _modifiers;
    private readonly ContentParts _parts;

    private FetchCommand(SequenceSet set, bool byUid, List<FetchItem> items, FetchModifiers modifiers)
    {
        _set = set;
        _byUid = byUid;
        _modifiers = modifiers;
        _items = items;
        if (modifiers.ChangedSince is not null && !Asks(FetchKind.ModSeq))
            items.Add(new FetchItem(FetchKind.ModSeq));
        foreach (var item in items)
            _parts |= item.Parts;
    }

    // Any VANISHED (EARLIER) comes before all FETCH responses.
    public override bool ReportsFirst => !_modifiers.Vanished;

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var set = parser.SequenceSet();
        parser.Space();
        var items = FetchItemParser.Parse(ref parser);
        var modifiers = parser.TrySpace() ? FetchModifiers.Parse(ref parser, context.ByUid) : default;
        return new FetchCommand(set, context.ByUid, items, modifiers);
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var selected = connection.Selected;
        if (_modifiers.Vanished && !connection.Session.QResync)
            return ImapReply.Bad("ENABLE QRESYNC comes first");
        if (selected.Resolve(_set, _byUid) is not { } uids)
            return ImapReply.Bad("No such message");
        if (_modifiers.Partial is { } asked && MessageLimit.IsAbove(connection, asked.Size))
            return ImapReply.No("Too many messages at once", MessageLimit.Code(connection));
        if (Asks(FetchKind.ModSeq))
            connection.EnableCondStore();
        if (_byUid && !connection.Session.UidOnly && !Asks(FetchKind.Uid))
            _items.Insert(0, new FetchItem(FetchKind.Uid));
        if (_modifiers.Vanished && await ReportVanishedAsync(connection, cancellationToken).ConfigureAwait(false) is { } failure)
            return ImapReply.No(failure);
        if (_modifiers.Partial is { } partial)
            uids = partial.Of(selected.View.Existing(uids));
        uids = MessageLimit.Highest(connection, uids, out var limited);
        var reply = await FetchAsync(connection, uids, cancellationToken).ConfigureAwait(false);
        return MessageLimit.Answer(connection, reply, limited);
    }

    private async ValueTask<ImapReply> FetchAsync(ImapConnection connection, UidSet uids, CancellationToken cancellationToken)
    {
        var selected = connection.Selected;
        var (seen, scripts, changed) = await SetSeenAsync(connection, uids, cancellationToken).ConfigureAwait(false);
        var latest = selected.Latest;
        selected.TellKeywords(connection, latest);
        selected.TellFrom(latest);
        await using var fetch = new MessageFetch(connection, latest, _items, seen);
        await fetch.BeginAsync(cancellationToken).ConfigureAwait(false);
        if (_items.TrueForAll(static item => item.Kind is FetchKind.Uid or FetchKind.Flags or FetchKind.ModSeq))
            await FetchFlagsAsync(connection, uids, latest).ConfigureAwait(false);
        else
            await FetchMessagesAsync(fetch, selected, uids, latest, cancellationToken).ConfigureAwait(false);
        var told = Asks(FetchKind.Flags) ? uids : seen;
        var scope = new SyncScope { Told = told.Except(fetch.NotTold), ToldAsOf = latest.HighestModSeq, ToldAbove = _modifiers.ChangedSince };
        await connection.SynchronizeAsync(mayExpunge: false, scope, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (changed.Count > 0)
            await CommandEvents.FlagsChangedAsync(connection, scripts, EventGroup.Of(changed), cancellationToken).ConfigureAwait(false);
        return fetch.Failure ?? ImapReply.Ok("FETCH completed");
    }

    private async ValueTask<MailError?> ReportVanishedAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var selected = connection.Selected;
        if (_set.IsSaved)
            return null; // What has vanished is no longer part of a saved result (RFC 5182 section 2.1)
        var uids = _set.ResolveGiven(selected.Latest.UidNext); // also those that came and went without this session having heard of them
        var vanished = await VanishedEarlier.FindAsync(selected, uids, _modifiers.ChangedSince!.Value, cancellationToken).ConfigureAwait(false);
        if (!vanished.IsOk)
            return vanished.Error;
        await MailboxResponses.WriteVanishedAsync(connection.Writer, vanished.Value, earlier: true).ConfigureAwait(false);
        return null;
    }

    private bool Asks(FetchKind kind)
    {
        foreach (var item in _items)
        {
            if (item.Kind == kind)
                return true;
        }

        return false;
    }

    // One STORE for the whole FETCH, before it, so that the new flags come with the messages.
    private async ValueTask<(UidSet Unseen, EventSequences? Scripts, IReadOnlyList<ChangedFlags> Changed)> SetSeenAsync(ImapConnection connection, UidSet uids, CancellationToken cancellationToken)
    {
        var selected = connection.Selected;
        if (selected.WhyNot(Rights.KeepSeen) is not null || !_items.Exists(static item => item.SetsSeen))
            return (UidSet.Empty, null, []);
        var unseen = UnseenOf(selected.Latest, selected.View.Existing(uids));
        if (unseen.IsEmpty)
            return (unseen, null, []);
        var scripts = await CommandEvents.FindForFlagsAsync(connection, cancellationToken).ConfigureAwait(false);
        var request = new StoreRequest(
            OperationId.New(), unseen, StoreMode.Add, FlagSet.Of(SystemFlags.Seen), FlagRights: Rights.KeepSeen, TellChanges: scripts is not null);
        var stored = await selected.Mailbox.StoreAsync(request, cancellationToken).ConfigureAwait(false);
        if (!stored.IsOk)
            return (UidSet.Empty, null, []); // Reading is what the client came for
        await selected.CatchUpAsync(stored.Value.ModSeq, cancellationToken).ConfigureAwait(false);
        return (unseen, scripts, stored.Value.Changes);
    }

    private static UidSet UnseenOf(MailboxIndex index, UidSet uids)
    {
        var builder = new UidSet.Builder();
        var cursor = new IndexCursor(index, uids);
        while (cursor.Next())
        {
            var columns = index.Columns(cursor.Chunk);
            for (var row = cursor.FromRow; row < cursor.ToRow; row++)
            {
                if ((columns.Flags[row] & FlagMask.Seen) == 0)
                    builder.Add(columns.Uids[row]);
            }
        }

        return builder.ToSet();
    }

    private async ValueTask FetchFlagsAsync(ImapConnection connection, UidSet uids, MailboxIndex latest)
    {
        var scan = new FlagScan(connection, latest, Asks(FetchKind.Uid), Asks(FetchKind.Flags), Asks(FetchKind.ModSeq), _modifiers.ChangedSince);
        await scan.WriteAsync(uids).ConfigureAwait(false);
    }

    private async ValueTask FetchMessagesAsync(
        MessageFetch fetch, SelectedMailbox selected, UidSet uids, MailboxIndex latest, CancellationToken cancellationToken)
    {
        var needsContent = !_items.TrueForAll(static item => item.IsIndexOnly);
        var batchSize = needsContent ? BatchSize : IndexBatchSize;
        var all = selected.NumbersOf(uids);
        var progress = new ProgressReport(fetch.Connection, all.Count);
        var done = 0L;
        var numbers = new List<int>(BatchSize);
        var rows = new List<MessageRow>(BatchSize);
        foreach (var number in all)
        {
            done++;
            var row = selected.RowAt((int)number - 1, latest);
            if (_modifiers.ChangedSince is { } since && row.ModSeq <= since.Value)
                continue;
            numbers.Add((int)number);
            rows.Add(row);
            if (rows.Count < batchSize)
                continue;
            await FetchBatchAsync(fetch, numbers, rows, needsContent, cancellationToken).ConfigureAwait(false);
            await progress.ReportAsync(done).ConfigureAwait(false);
        }

        await FetchBatchAsync(fetch, numbers, rows, needsContent, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask FetchBatchAsync(
        MessageFetch fetch, List<int> numbers, List<MessageRow> rows, bool needsContent, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
            return;
        IReadOnlyList<MessageContent?>? contents = null;
        if (needsContent)
        {
            var ids = new ContentId[rows.Count];
            for (var i = 0; i < ids.Length; i++)
                ids[i] = rows[i].Content;
            contents = await fetch.Connection.Server.Messages.ReadAsync(ids, _parts, cancellationToken).ConfigureAwait(false);
            fetch.Announce(contents);
        }

        await fetch.ReadKeysAsync(rows, cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < rows.Count; i++)
        {
            if (needsContent && contents![i] is null)
                fetch.ContentIsGone(rows[i]);
            else
                await fetch.WriteAsync(numbers[i], rows[i], contents?[i], cancellationToken).ConfigureAwait(false);
        }

        numbers.Clear();
        rows.Clear();
    }
}
