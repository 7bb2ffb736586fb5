namespace Sora.Gateway.Imap.Threading;

/// <summary>Step 5 of THREAD=REFERENCES (RFC 5256 section 3): threads whose first messages have one base subject become one.</summary>
internal sealed class SubjectMerge
{
    private readonly string[] _subjects;
    private readonly bool[] _areReplies;
    private readonly List<int> _parents;
    private readonly int _messages;

    private SubjectMerge(int[] parents, int nodes, string[] subjects, bool[] areReplies)
    {
        _messages = parents.Length;
        _subjects = subjects;
        _areReplies = areReplies;
        _parents = new List<int>(nodes + 16);
        _parents.AddRange(parents);
        while (_parents.Count < nodes)
            _parents.Add(ThreadForest.None);
    }

    /// <summary>The parents after merging.</summary>
    /// <param name="forest">The threads as they are, siblings by sent date.</param>
    public static int[] Merge(ThreadForest forest, int[] parents, int nodes, string[] subjects, bool[] areReplies)
    {
        var merge = new SubjectMerge(parents, nodes, subjects, areReplies);
        merge.Merge(forest);
        return merge.Resolve();
    }

    private void Merge(ThreadForest forest)
    {
        var table = new Dictionary<string, int>(forest.Roots.Length, StringComparer.Ordinal);
        foreach (var root in forest.Roots)
        {
            var subject = SubjectOf(forest, root);
            if (subject.Length == 0 || table.TryAdd(subject, root))
                continue;
            var known = table[subject];
            if (!IsDummy(known) && (IsDummy(root) || (_areReplies[known] && !_areReplies[root])))
                table[subject] = root;
        }

        foreach (var root in forest.Roots)
        {
            var subject = SubjectOf(forest, root);
            if (subject.Length == 0 || table[subject] is var known && known == root)
                continue;
            if (IsDummy(known) || (_areReplies[root] && !_areReplies[known]))
            {
                // Of two dummies one goes, and its children belong to the other
                _parents[root] = known;
                continue;
            }

            var dummy = _parents.Count;
            _parents.Add(ThreadForest.None);
            _parents[root] = _parents[known] = dummy;
            table[subject] = dummy;
        }
    }

    // Dummies that were merged into another node are passed over
    private int[] Resolve()
    {
        var parents = _parents.ToArray();
        for (var message = 0; message < _messages; message++)
        {
            var parent = parents[message];
            while (parent >= _messages && parents[parent] >= 0)
                parent = parents[parent];
            parents[message] = parent;
        }

        return parents;
    }

    private bool IsDummy(int node) => node >= _messages;

    private string SubjectOf(ThreadForest forest, int root) => _subjects[IsDummy(root) ? forest.ChildrenOf(root)[0] : root];
}
