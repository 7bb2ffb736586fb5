namespace Sora.Gateway.Imap.Threading;

/// <summary>
/// Threads of messages as columns: node n below <see cref="Messages"/> is the n-th message, those above are dummies that only hold siblings
/// together. Children and roots stand in the order in which they are told.
/// </summary>
internal sealed class ThreadForest
{
    private readonly int[] _starts;
    private readonly int[] _children;

    private ThreadForest(int messages, int[] roots, int[] starts, int[] children)
    {
        Messages = messages;
        Roots = roots;
        _starts = starts;
        _children = children;
    }

    /// <summary>No parent.</summary>
    public const int None = -1;

    public int Messages { get; }

    public int[] Roots { get; }

    public ReadOnlySpan<int> ChildrenOf(int node) => _children.AsSpan(_starts[node], _starts[node + 1] - _starts[node]);

    /// <param name="order">All messages in the order in which siblings are told.</param>
    /// <param name="parents">Parent of each message and dummy, or <see cref="None"/>; dummies stand at the root.</param>
    public static ThreadForest Of(int[] order, ReadOnlySpan<int> parents)
    {
        var starts = new int[parents.Length + 1];
        foreach (var message in order)
        {
            if (parents[message] >= 0)
                starts[parents[message] + 1]++;
        }

        for (var node = 0; node < parents.Length; node++)
            starts[node + 1] += starts[node];
        var children = new int[starts[^1]];
        var filled = new int[parents.Length];
        var roots = new List<int>(order.Length);
        foreach (var message in order)
        {
            var parent = parents[message];
            if (parent < 0)
            {
                roots.Add(message);
                continue;
            }

            // A dummy stands where its first child would
            if (parent >= order.Length && filled[parent] == 0)
                roots.Add(parent);
            children[starts[parent] + filled[parent]++] = message;
        }

        return new ThreadForest(order.Length, [.. roots], starts, children);
    }

    /// <summary>The same threads with the roots in another order.</summary>
    public ThreadForest WithRoots(int[] roots) => new(Messages, roots, _starts, _children);
}
