using Sora.Contracts;
using Sora.Gateway.Imap.Responses;

namespace Sora.Gateway.Imap.Contexts;

/// <summary>
/// Tells a client how one of its results has changed: ADDTO and REMOVEFROM (RFC 5267 sections 4.3.3 and 4.3.4). Results of SEARCH have no
/// positions (0), since the order of the mailbox says where they belong; those of SORT have.
/// </summary>
internal static class ContextUpdate
{
    /// <summary>Writes the way from the context's result to another one, and makes that the context's.</summary>
    public static async ValueTask WriteAsync(ImapConnection connection, SearchContext context, UidSet members, uint[]? sorted)
    {
        var removed = context.Members.Except(members);
        var added = members.Except(context.Members);
        connection.IsInResponse = true;
        SearchResponse.Begin(connection.Writer, context.Tag, context.ByUid, context.Mailbox);
        if (!removed.IsEmpty)
            await WriteItemAsync(connection, context, " REMOVEFROM ("u8.ToArray(), Runs(context.Sorted, removed, fromEnd: true)).ConfigureAwait(false);
        if (!added.IsEmpty)
            await WriteItemAsync(connection, context, " ADDTO ("u8.ToArray(), Runs(sorted, added, fromEnd: false)).ConfigureAwait(false);
        connection.Writer.Crlf();
        connection.IsInResponse = false;
        context.Update(members, sorted);
    }

    private static async ValueTask WriteItemAsync(
        ImapConnection connection, SearchContext context, byte[] name, List<(int Position, uint[] Uids)> runs)
    {
        var writer = connection.Writer;
        var view = connection.Selected.View;
        writer.Raw(name);
        for (var i = 0; i < runs.Count; i++)
        {
            if (i > 0)
                writer.Space();
            writer.Number(runs[i].Position);
            writer.Space();
            var numbers = context.ByUid ? runs[i].Uids : Array.ConvertAll(runs[i].Uids, uid => (uint)view.PositionOf(uid) + 1);
            await SearchResponse.WriteSetAsync(writer, numbers, 0, numbers.Length).ConfigureAwait(false);
        }

        writer.Raw(")"u8);
    }

    // Pairs are applied one after another: from the end when results go, from the beginning when they come, so each position is still right
    // when it is its turn
    private static List<(int Position, uint[] Uids)> Runs(uint[]? sorted, UidSet wanted, bool fromEnd)
    {
        if (sorted is null)
            return [(0, [.. wanted])];
        var runs = new List<(int Position, uint[] Uids)>();
        for (var i = 0; i < sorted.Length; i++)
        {
            var start = i;
            while (i < sorted.Length && wanted.Contains(sorted[i]))
                i++;
            if (i > start)
                runs.Add((start + 1, sorted[start..i]));
        }

        if (fromEnd)
            runs.Reverse();
        return runs;
    }
}
