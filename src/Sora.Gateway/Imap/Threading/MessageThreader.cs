using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Imap.Search;
using Sora.Gateway.Imap.Sorting;

namespace Sora.Gateway.Imap.Threading;

/// <summary>Threading algorithms of RFC 5256 section 3; REFS: draft-ietf-morg-inthread section 4.</summary>
internal enum ThreadAlgorithm
{
    OrderedSubject,
    References,
    Refs,
}

/// <summary>Groups found messages into threads.</summary>
internal static class MessageThreader
{
    // Columns of what the index knows, the order by date, the table of ids, a node with its links, subjects that are merged, and the forest
    private const int MessageBytes = 24 + 8 + 12 + 96 + 16 + 24 + 16;

    // Each may be a message that is not there: an id in the table and a node
    private const int ReferenceBytes = 48 + 16;

    /// <summary>Threads of the outcome's messages, whose positions ascend; message n of the forest is its n-th position.</summary>
    /// <param name="memory">What it takes until the command is over.</param>
    /// <exception cref="BodyUnavailableException">A message that had to be read cannot be.</exception>
    /// <exception cref="SessionMemoryException">It takes too much.</exception>
    public static async ValueTask<ThreadForest> ThreadAsync(
        IMessageKeys source, SearchOutcome found, ThreadAlgorithm algorithm, MemoryCharge memory, CancellationToken cancellationToken)
    {
        memory.Take((long)found.Positions.Length * MessageBytes);
        var columns = MessageColumns.Of(found);
        var parts = MessageKeyParts.SentDate | algorithm switch
        {
            ThreadAlgorithm.OrderedSubject => MessageKeyParts.Subject,
            ThreadAlgorithm.References => MessageKeyParts.Subject | MessageKeyParts.Thread,
            _ => MessageKeyParts.Thread,
        };
        var keys = await source.ReadAsync(found.Selected.Target.Account.Id, columns.Contents, parts, cancellationToken).ConfigureAwait(false);
        memory.Take(KeyMemory.Of(keys) + KeyMemory.References(keys, 0) / sizeof(ulong) * ReferenceBytes);
        return Thread(keys, columns.SentDates(keys.SentDates), columns.InternalDates, algorithm, cancellationToken);
    }

    /// <summary>As above, of what was read.</summary>
    public static ThreadForest Thread(
        MessageKeys keys, long[] sentDates, long[] internalDates, ThreadAlgorithm algorithm, CancellationToken cancellationToken)
    {
        var bySent = ColumnSort.Order([sentDates], sentDates.Length);
        if (algorithm == ThreadAlgorithm.OrderedSubject)
            return ThreadForest.Of(bySent, ParentsBySubject(keys.Subjects, bySent));
        var parents = ReferenceLinks.Find(keys, sentDates.Length, cancellationToken);
        var nodes = parents.Length;
        foreach (var parent in parents)
            nodes = Math.Max(nodes, parent + 1);
        var linked = new int[nodes];
        Array.Fill(linked, ThreadForest.None);
        parents.CopyTo(linked, 0);
        var forest = ThreadForest.Of(bySent, linked);
        return algorithm == ThreadAlgorithm.Refs
            ? ByNewestArrival(forest, internalDates)
            : ThreadForest.Of(bySent, SubjectMerge.Merge(forest, parents, nodes, keys.Subjects, keys.AreReplies));
    }

    // ORDEREDSUBJECT: the first of a base subject is the parent, all others are its children
    private static int[] ParentsBySubject(string[] subjects, int[] bySent)
    {
        var firsts = new Dictionary<string, int>(subjects.Length, StringComparer.Ordinal);
        var parents = new int[subjects.Length];
        foreach (var message in bySent)
            parents[message] = firsts.TryAdd(subjects[message], message) ? ThreadForest.None : firsts[subjects[message]];
        return parents;
    }

    // REFS: a new message makes its thread the last one
    private static ThreadForest ByNewestArrival(ThreadForest forest, long[] internalDates)
    {
        var roots = forest.Roots;
        var newest = new long[roots.Length];
        var waiting = new Stack<int>();
        for (var i = 0; i < roots.Length; i++)
        {
            newest[i] = long.MinValue;
            waiting.Push(roots[i]);
            while (waiting.TryPop(out var node))
            {
                if (node < forest.Messages)
                    newest[i] = Math.Max(newest[i], internalDates[node]);
                foreach (var child in forest.ChildrenOf(node))
                    waiting.Push(child);
            }
        }

        return forest.WithRoots(Array.ConvertAll(ColumnSort.Order([newest], roots.Length), i => roots[i]));
    }
}
