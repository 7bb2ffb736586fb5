using Sora.Contracts;

namespace Sora.Gateway.Imap.Threading;

/// <summary>
/// Steps 1 to 3 of THREAD=REFERENCES (RFC 5256 section 3): who is whose parent by Message-ID, References and In-Reply-To, and without the messages
/// that are only referred to. Nodes are numbers: first the messages, then the unseen ids.
/// </summary>
internal sealed class ReferenceLinks
{
    private const int StepsPerCheck = 1 << 20;

    private readonly int _messages;
    private readonly IdTable _nodes;
    private readonly CancellationToken _cancellationToken;
    private int[] _parents;
    private int[] _trees; // union-find: nodes with different representatives were never in one tree
    private int _count;
    private long _steps;

    private ReferenceLinks(int messages, CancellationToken cancellationToken)
    {
        _messages = messages;
        _cancellationToken = cancellationToken;
        _nodes = new IdTable(messages * 2);
        _parents = new int[messages * 2 + 16];
        _trees = new int[_parents.Length];
        for (var i = 0; i < messages; i++)
            NewNode();
    }

    /// <summary>The parent of each message; numbers from the count of messages on are dummies, each with at least two children, all at the root.</summary>
    /// <exception cref="OperationCanceledException">It took too long.</exception>
    public static int[] Find(MessageKeys keys, int messages, CancellationToken cancellationToken)
    {
        var links = new ReferenceLinks(messages, cancellationToken);
        links.NameMessages(keys.MessageIds);
        for (var message = 0; message < messages; message++)
            links.Link(message, keys.References[message]);
        return links.Prune();
    }

    // Of several messages with one Message-ID the first has it; the others, and those without one, have an id that nobody refers to
    private void NameMessages(ulong[] ids)
    {
        for (var message = 0; message < _messages; message++)
        {
            if (ids[message] == 0)
                continue;
            ref var node = ref _nodes.Find(ids[message]);
            if (node == IdTable.None)
                node = message;
        }
    }

    private void Link(int message, ulong[] references)
    {
        var previous = ThreadForest.None;
        foreach (var id in references)
        {
            var node = NodeOf(id);
            // Step 1.A: what has a parent keeps it
            if (previous >= 0 && _parents[node] < 0 && !IsAbove(node, previous))
                SetParent(node, previous);
            previous = node;
        }

        // Step 1.B: the last reference is the parent, whatever others believed; the old link goes before the loop is looked for
        if (_parents[message] == previous)
            return;
        _parents[message] = ThreadForest.None;
        if (previous >= 0 && !IsAbove(message, previous))
            SetParent(message, previous);
    }

    private int NodeOf(ulong id)
    {
        ref var node = ref _nodes.Find(id);
        if (node == IdTable.None)
            node = NewNode();
        return node;
    }

    private int NewNode()
    {
        if (_count == _parents.Length)
        {
            Array.Resize(ref _parents, _count * 2);
            Array.Resize(ref _trees, _count * 2);
        }

        _parents[_count] = ThreadForest.None;
        _trees[_count] = _count;
        return _count++;
    }

    private void SetParent(int child, int parent)
    {
        _parents[child] = parent;
        _trees[TreeOf(child)] = TreeOf(parent);
    }

    // Whether the node is the other one or above it: then a link to it as a child would make a loop
    private bool IsAbove(int node, int other)
    {
        if (node == other)
            return true;
        if (TreeOf(node) != TreeOf(other))
            return false;
        for (var above = _parents[other]; above >= 0; above = _parents[above])
        {
            if (above == node)
                return true;
            if (++_steps % StepsPerCheck == 0)
                _cancellationToken.ThrowIfCancellationRequested();
        }

        return false;
    }

    private int TreeOf(int node)
    {
        while (_trees[node] != node)
            node = _trees[node] = _trees[_trees[node]];
        return node;
    }

    // Step 3: below the root, children of a dummy go up to its parent; at the root a dummy stays if it holds several together
    private int[] Prune()
    {
        var tops = new int[_count - _messages]; // of each dummy: the message above it, or the topmost dummy
        Array.Fill(tops, int.MinValue);
        var parents = new int[_messages];
        var children = new int[tops.Length];
        for (var message = 0; message < _messages; message++)
        {
            parents[message] = TopOf(_parents[message], tops);
            if (parents[message] >= _messages)
                children[parents[message] - _messages]++;
        }

        for (var message = 0; message < _messages; message++)
        {
            if (parents[message] >= _messages && children[parents[message] - _messages] == 1)
                parents[message] = ThreadForest.None;
        }

        return parents;
    }

    private int TopOf(int node, int[] tops)
    {
        if (node < _messages)
            return node;
        var at = node;
        while (tops[at - _messages] == int.MinValue && _parents[at] >= _messages)
            at = _parents[at];
        var known = tops[at - _messages];
        var top = known != int.MinValue ? known : _parents[at] >= 0 ? _parents[at] : at;
        for (var below = node; ; below = _parents[below])
        {
            tops[below - _messages] = top;
            if (below == at)
                return top;
        }
    }
}
