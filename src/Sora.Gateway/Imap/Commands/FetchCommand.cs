using Sora.Contracts;
using Sora.Gateway.Imap.Fetch;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>FETCH and UID FETCH (RFC 9051 section 6.4.5; CHANGEDSINCE: RFC 7162 section 3.1.4.1).</summary>
internal sealed class FetchCommand : ImapCommand
{
    private const int BatchSize = 256;

    private readonly SequenceSet _set;
    private readonly bool _byUid;
    private readonly List<FetchItem> _items;
    private readonly ModSeq? _changedSince;
    private readonly ContentParts _parts;

    private FetchCommand(SequenceSet set, bool byUid, List<FetchItem> items, ModSeq? changedSince)
    {
        _set = set;
        _byUid = byUid;
        _changedSince = changedSince;
        _items = items;
        if (byUid && !Asks(FetchKind.Uid))
            items.Insert(0, new FetchItem(FetchKind.Uid));
        if (changedSince is not null && !Asks(FetchKind.ModSeq))
            items.Add(new FetchItem(FetchKind.ModSeq));
        foreach (var item in items)
            _parts |= item.Parts;
    }

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var set = parser.SequenceSet();
        parser.Space();
        var items = FetchItemParser.Parse(ref parser);
        ModSeq? changedSince = null;
        if (parser.TrySpace())
        {
            parser.Open();
            if (!parser.TryKeyword("CHANGEDSINCE"u8))
                throw parser.Error("CHANGEDSINCE");
            parser.Space();
            changedSince = parser.ModSequence();
            parser.Close();
        }

        return new FetchCommand(set, context.ByUid, items, changedSince);
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var selected = connection.Selected;
        if (selected.Resolve(_set, _byUid) is not { } uids)
            return ImapReply.Bad("No such message");
        if (Asks(FetchKind.ModSeq))
            connection.EnableCondStore();
        var seen = await SetSeenAsync(connection, uids, cancellationToken).ConfigureAwait(false);
        var latest = selected.Latest;
        selected.TellKeywords(connection, latest);
        await using var fetch = new MessageFetch(connection, latest, _items, seen);
        if (_items.TrueForAll(static item => item.Kind is FetchKind.Uid or FetchKind.Flags or FetchKind.ModSeq))
            await FetchFlagsAsync(connection, uids, latest).ConfigureAwait(false);
        else
            await FetchMessagesAsync(fetch, selected, uids, latest, cancellationToken).ConfigureAwait(false);
        var told = Asks(FetchKind.Flags) ? uids : seen;
        var scope = new SyncScope { Told = told, ToldAsOf = latest.HighestModSeq };
        await connection.SynchronizeAsync(mayExpunge: false, scope, cancellationToken: cancellationToken).ConfigureAwait(false);
        return fetch.Failure ?? ImapReply.Ok("FETCH completed");
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
    private async ValueTask<UidSet> SetSeenAsync(ImapConnection connection, UidSet uids, CancellationToken cancellationToken)
    {
        var selected = connection.Selected;
        if (selected.IsReadOnly || !_items.Exists(static item => item.SetsSeen))
            return UidSet.Empty;
        var unseen = UnseenOf(selected.Latest, selected.View.Existing(uids));
        if (unseen.IsEmpty)
            return unseen;
        var request = new StoreRequest(OperationId.New(), unseen, StoreMode.Add, FlagSet.Of(SystemFlags.Seen));
        var stored = await selected.Mailbox.StoreAsync(request, cancellationToken).ConfigureAwait(false);
        if (!stored.IsOk)
            return UidSet.Empty; // Reading is what the client came for
        await selected.CatchUpAsync(stored.Value.ModSeq, cancellationToken).ConfigureAwait(false);
        return unseen;
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
        var scan = new FlagScan(connection, latest, Asks(FetchKind.Uid), Asks(FetchKind.Flags), Asks(FetchKind.ModSeq), _changedSince);
        await scan.WriteAsync(uids).ConfigureAwait(false);
    }

    private async ValueTask FetchMessagesAsync(
        MessageFetch fetch, SelectedMailbox selected, UidSet uids, MailboxIndex latest, CancellationToken cancellationToken)
    {
        var needsContent = !_items.TrueForAll(static item => item.IsIndexOnly);
        var numbers = new List<int>(BatchSize);
        var rows = new List<MessageRow>(BatchSize);
        foreach (var number in selected.NumbersOf(uids))
        {
            var row = selected.RowAt((int)number - 1, latest);
            if (_changedSince is { } since && row.ModSeq <= since.Value)
                continue;
            numbers.Add((int)number);
            rows.Add(row);
            if (rows.Count == BatchSize)
                await FetchBatchAsync(fetch, numbers, rows, needsContent, cancellationToken).ConfigureAwait(false);
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
