using Sora.Contracts;
using Sora.Gateway.Imap.Fetch;

namespace Sora.Gateway.Imap.Notify;

/// <summary>Tells of new messages in the selected mailbox what MessageNew asked for (RFC 5465 section 5.2). Nothing becomes \Seen by it.</summary>
internal static class ArrivalFetch
{
    private const int BatchSize = 64;

    /// <param name="from">Position of the first new message.</param>
    /// <param name="own">UIDs that this connection has made: they are not told.</param>
    public static ValueTask WriteAsync(
        ImapConnection connection, List<FetchItem> asked, int from, UidSet own, CancellationToken cancellationToken)
    {
        var view = connection.Selected.View;
        var positions = Enumerable.Range(from, view.Count - from).Where(position => !own.Contains(view.UidAt(position)));
        return WriteAsync(connection, asked, [.. positions], cancellationToken);
    }

    /// <summary>The same of messages at any positions, ascending.</summary>
    public static async ValueTask WriteAsync(
        ImapConnection connection, List<FetchItem> asked, int[] messages, CancellationToken cancellationToken)
    {
        var view = connection.Selected.View;
        var items = ItemsOf(connection, asked);
        var parts = ContentParts.None;
        foreach (var item in items)
            parts |= item.Parts;
        var needsContent = !items.TrueForAll(static item => item.IsIndexOnly);
        var fetch = new MessageFetch(connection, view, items, UidSet.Empty);
        await fetch.BeginAsync(cancellationToken).ConfigureAwait(false);
        for (var start = 0; start < messages.Length; start += BatchSize)
        {
            var positions = messages[start..Math.Min(start + BatchSize, messages.Length)];
            var contents = needsContent
                ? await connection.Server.Messages.ReadAsync(positions.Select(position => view[position].Content).ToArray(), parts, cancellationToken).ConfigureAwait(false)
                : null;
            await fetch.ReadKeysAsync([.. positions.Select(position => view[position])], cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < positions.Length; i++)
            {
                var row = view[positions[i]];
                if (!needsContent || contents![i] is not null)
                    await fetch.WriteAsync(positions[i] + 1, row, contents?[i], cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // A FETCH response that was not asked for has UID and MODSEQ for a client that knows mod-sequences (RFC 7162 section 3.2.4).
    private static List<FetchItem> ItemsOf(ImapConnection connection, List<FetchItem> asked)
    {
        if (!connection.Session.CondStore)
            return asked;
        List<FetchItem> items = [.. asked];
        if (!connection.Session.UidOnly && !items.Exists(static item => item.Kind == FetchKind.Uid))
            items.Insert(0, new FetchItem(FetchKind.Uid));
        if (!items.Exists(static item => item.Kind == FetchKind.ModSeq))
            items.Add(new FetchItem(FetchKind.ModSeq));
        return items;
    }
}
