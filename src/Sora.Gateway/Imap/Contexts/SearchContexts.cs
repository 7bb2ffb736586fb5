using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Imap.Commands;
using Sora.Gateway.Imap.Fetch;
using Sora.Gateway.Imap.Notify;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Search;
using Sora.Gateway.Imap.Sorting;

namespace Sora.Gateway.Imap.Contexts;

/// <summary>The searches of a selected mailbox whose results are kept up to date; they end with the selection (RFC 5267 section 4.3).</summary>
internal sealed class SearchContexts
{
    // A set of UIDs has ranges of two numbers at worst for each second message; a sorted result has them all besides
    private const int MemberBytes = 8;
    private const int SortedBytes = MemberBytes + 4;

    private readonly List<SearchContext> _contexts = [];

    public int Count => _contexts.Count;

    /// <summary>Some result changes with nothing but time.</summary>
    public bool DependOnTime
    {
        get
        {
            foreach (var context in _contexts)
            {
                if (context.Program.DependsOnTime)
                    return true;
            }

            return false;
        }
    }

    public SearchContext? Find(ReadOnlySpan<byte> tag)
    {
        foreach (var context in _contexts)
        {
            if (context.Tag.SequenceEqual(tag))
                return context;
        }

        return null;
    }

    /// <summary>Keeps the result of the command at hand up to date; when that cannot be, says so with NOUPDATE and returns false (RFC 5267 section 4.3.1).</summary>
    public bool TryStart(
        ImapConnection connection,
        SearchProgram program,
        bool byUid,
        IReadOnlyList<SortCriterion> order,
        SearchOutcome outcome,
        List<FetchItem>? items,
        SearchedMailbox? mailbox = null)
    {
        byte[] tag = [.. connection.Tag];
        if (_contexts.Count >= connection.Server.Options.MaxSearchContexts)
        {
            ImapReply.No("Too many contexts", new NoUpdateCode(tag)).WriteUntagged(connection.Writer);
            return false;
        }

        var octets = OctetsOf(outcome.Positions.Length, order.Count > 0);
        if (!connection.Client.Memory.TryTake(octets))
        {
            connection.Client.NoteRefusal("session_memory");
            ImapReply.No("Too much memory", new NoUpdateCode(tag)).WriteUntagged(connection.Writer);
            return false;
        }

        program.Freeze();
        _contexts.Add(new SearchContext(tag, byUid, program, order, outcome, items) { Mailbox = mailbox, Octets = octets });
        return true;
    }

    public void Remove(ImapConnection connection, SearchContext context)
    {
        if (_contexts.Remove(context))
            connection.Client.Memory.Give(context.Octets);
    }

    /// <summary>Ends all of them, with the selection.</summary>
    public void Clear(ClientConnection client)
    {
        foreach (var context in _contexts)
            client.Memory.Give(context.Octets);
        _contexts.Clear();
    }

    /// <summary>Tells that messages leave the results, before their EXPUNGE makes the sequence numbers invalid (RFC 5267 section 4.3.4).</summary>
    public async ValueTask RemoveAsync(ImapConnection connection, UidSet expunged)
    {
        foreach (var context in _contexts)
        {
            var members = context.Members.Except(expunged);
            if (members == context.Members)
                continue;
            var sorted = context.Sorted is { } before ? Array.FindAll(before, uid => !expunged.Contains(uid)) : null;
            TryResize(connection, context, members);
            await ContextUpdate.WriteAsync(connection, context, members, sorted).ConfigureAwait(false);
        }
    }

    /// <summary>Looks at messages that have come or changed, and tells what that means for the results; after EXISTS (RFC 5267 section 4.3.3).</summary>
    public async ValueTask RefreshAsync(ImapConnection connection, MailboxIndex latest, UidSet changed, CancellationToken cancellationToken)
    {
        foreach (var context in _contexts.ToArray())
        {
            context.Changed = context.Changed.Union(changed);
            if (context.Changed.IsEmpty && !context.NeedsAll)
                continue;
            // What a failure leaves undone is still in Changed and done next time
            var (result, _) = await SearchRunner.RunAsync(connection, token => FindAsync(connection, latest, context, token), cancellationToken)
                .ConfigureAwait(false);
            if (result is null || !TryResize(connection, context, result.Members))
            {
                Remove(connection, context);
                ImapReply.No("This search can no longer be kept up to date", new NoUpdateCode([.. context.Tag])).WriteUntagged(connection.Writer);
                continue;
            }

            context.Changed = UidSet.Empty;
            var view = connection.Selected.View;
            var firstNew = context.UidNext.Value;
            context.UidNext = view.UidNext;
            if (result.Members == context.Members)
                continue;

            // Only new messages are fetched, not those that flags make members, and before the ESEARCH that names them (RFC 5465 section 7)
            if (context.Items is { } items)
            {
                int[] arrived = [.. result.Members.Except(context.Members).Where(uid => uid >= firstNew).Select(view.PositionOf)];
                if (arrived.Length > 0)
                    await ArrivalFetch.WriteAsync(connection, items, arrived, cancellationToken).ConfigureAwait(false);
            }

            await ContextUpdate.WriteAsync(connection, context, result.Members, result.Sorted).ConfigureAwait(false);
        }
    }

    private static long OctetsOf(long members, bool isSorted) => members * (isSorted ? SortedBytes : MemberBytes);

    // A result that has become smaller always has room
    private static bool TryResize(ImapConnection connection, SearchContext context, UidSet members)
    {
        var octets = OctetsOf(members.Count, context.Sorted is not null);
        if (octets > context.Octets && !connection.Client.Memory.TryTake(octets - context.Octets))
        {
            connection.Client.NoteRefusal("session_memory");
            return false;
        }

        if (octets < context.Octets)
            connection.Client.Memory.Give(context.Octets - octets);

        context.Octets = octets;
        return true;
    }

    private static async ValueTask<Result> FindAsync(
        ImapConnection connection, MailboxIndex latest, SearchContext context, CancellationToken cancellationToken)
    {
        var server = connection.Server;
        var selected = connection.Selected;
        var among = context.NeedsAll ? UidSet.All : context.Changed;
        var found = context.NeedsAll
            ? await SearchRunner.FindAsync(server, selected, latest, context.Program, cancellationToken).ConfigureAwait(false)
            : await SearchRunner.FindAsync(server, selected, latest, context.Program, among, cancellationToken).ConfigureAwait(false);
        var uids = new UidSet.Builder();
        foreach (var position in found)
            uids.Add(selected.View.UidAt(position));
        var members = context.Members.Except(among).Union(uids.ToSet());
        if (context.Sorted is not { } sorted || members == context.Members)
            return new Result(members, context.Sorted);
        if (members.Except(context.Members).IsEmpty)
            return new Result(members, Array.FindAll(sorted, members.Contains));
        using var memory = connection.Client.Memory.Begin();
        memory.Take(members.Count * SearchingCommand.ResultBytes);
        var outcome = new SearchOutcome(selected, latest, [.. members.Select(selected.View.PositionOf)]);
        var positions = await MessageSorter.SortAsync(server.Keys, outcome, context.Order, context.Program, memory, cancellationToken).ConfigureAwait(false);
        return new Result(members, Array.ConvertAll(positions, selected.View.UidAt));
    }

    private sealed record Result(UidSet Members, uint[]? Sorted);
}
