using Sora.Contracts;
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
    /// <summary>Threads of the outcome's messages, whose positions ascend; message n of the forest is its n-th position.</summary>
    /// <exception cref="BodyUnavailableException">A message that had to be read cannot be.</exception>
    public static async ValueTask<ThreadForest> ThreadAsync(
        IMessageKeys source, SearchOutcome found, ThreadAlgorithm algorithm, CancellationToken cancellationToken)
    {
        var columns = MessageColumns.Of(found);
        var parts = MessageKeyParts.SentDate | algorithm switch
        {
            ThreadAlgorithm.OrderedSubject => MessageKeyParts.Subject,
            ThreadAlgorithm.References => MessageKeyParts.Subject | MessageKeyParts.Thread,
            _ => MessageKeyParts.Thread,
        };
        var keys = await source.ReadAsync(found.Selected.Target.Account.Id, columns.Contents, parts, cancellationToken).ConfigureAwait(false);
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
