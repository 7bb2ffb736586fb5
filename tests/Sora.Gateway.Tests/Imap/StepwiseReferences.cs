using System.Text;
using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap;

/// <summary>THREAD=REFERENCES written down as RFC 5256 section 3 tells it, one step after the other, with objects and without regard to speed.</summary>
internal sealed class StepwiseReferences(MessageKeys keys, long[] dates)
{
    private readonly Dictionary<string, Node> _byId = [];
    private readonly Node _root = new();

    public string Run()
    {
        LinkAll();
        foreach (var node in _byId.Values.Where(static node => node.Parent is null).ToList())
            node.MoveTo(_root);
        Prune(_root);
        SortSiblings(_root, deep: false);
        GatherBySubject();
        SortSiblings(_root, deep: true);
        var text = new StringBuilder();
        foreach (var child in _root.Children)
            Append(text, child);
        return text.ToString();
    }

    // (1)
    private void LinkAll()
    {
        var own = new string[dates.Length];
        for (var i = 0; i < dates.Length; i++)
        {
            var id = "id" + keys.MessageIds[i];
            if (keys.MessageIds[i] == 0 || own.Contains(id))
                id = "unique" + i;
            own[i] = id;
            Find(id).Message = i;
        }

        for (var i = 0; i < dates.Length; i++)
        {
            Node? previous = null;
            foreach (var reference in keys.References[i])
            {
                var node = Find("id" + reference);
                if (previous is not null && node.Parent is null && !previous.IsBelowOrAt(node))
                    node.MoveTo(previous);
                previous = node;
            }

            var message = Find(own[i]);
            message.Leave();
            if (previous is not null && !previous.IsBelowOrAt(message))
                message.MoveTo(previous);
        }
    }

    // (3)
    private void Prune(Node parent)
    {
        foreach (var child in parent.Children.ToList())
        {
            Prune(child);
            if (child.Message >= 0 || (parent == _root && child.Children.Count > 1))
                continue;
            foreach (var grandchild in child.Children.ToList())
                grandchild.MoveTo(parent);
            child.Leave();
        }
    }

    // (4) and (6)
    private void SortSiblings(Node parent, bool deep)
    {
        foreach (var child in parent.Children.Where(child => deep || child.Message < 0))
            SortSiblings(child, deep);
        parent.Children.Sort((left, right) => KeyOf(left).CompareTo(KeyOf(right)));
    }

    // (5)
    private void GatherBySubject()
    {
        var table = new Dictionary<string, Node>();
        foreach (var current in _root.Children)
        {
            var subject = SubjectOf(current);
            if (subject.Length == 0)
                continue;
            if (!table.TryGetValue(subject, out var known)
                || (known.Message >= 0 && (current.Message < 0 || (keys.AreReplies[known.Message] && !keys.AreReplies[current.Message]))))
                table[subject] = current;
        }

        foreach (var current in _root.Children.ToList())
        {
            var subject = SubjectOf(current);
            if (subject.Length == 0 || table[subject] is var known && known == current)
                continue;
            if (known.Message < 0 && current.Message < 0)
            {
                foreach (var child in current.Children.ToList())
                    child.MoveTo(known);
                current.Leave();
            }
            else if (known.Message < 0 || (keys.AreReplies[current.Message] && !keys.AreReplies[known.Message]))
            {
                current.MoveTo(known);
            }
            else
            {
                var dummy = new Node();
                dummy.MoveTo(_root);
                known.MoveTo(dummy);
                current.MoveTo(dummy);
                table[subject] = dummy;
            }
        }
    }

    private string SubjectOf(Node node) => keys.Subjects[node.Message >= 0 ? node.Message : node.Children[0].Message];

    private (long Date, int Message) KeyOf(Node node)
    {
        var message = node.Message >= 0 ? node.Message : node.Children[0].Message;
        return (dates[message], message);
    }

    private Node Find(string id)
    {
        if (!_byId.TryGetValue(id, out var node))
            _byId.Add(id, node = new Node());
        return node;
    }

    private static void Append(StringBuilder text, Node node)
    {
        text.Append('(');
        var members = new List<string>();
        while (true)
        {
            if (node.Message >= 0)
                members.Add($"{node.Message + 1}");
            if (node.Children.Count != 1)
                break;
            node = node.Children[0];
        }

        text.AppendJoin(' ', members);
        if (node.Children.Count > 0 && members.Count > 0)
            text.Append(' ');
        foreach (var child in node.Children)
            Append(text, child);
        text.Append(')');
    }

    private sealed class Node
    {
        public int Message { get; set; } = -1;

        public Node? Parent { get; private set; }

        public List<Node> Children { get; } = [];

        public void Leave()
        {
            Parent?.Children.Remove(this);
            Parent = null;
        }

        public void MoveTo(Node parent)
        {
            Leave();
            Parent = parent;
            parent.Children.Add(this);
        }

        public bool IsBelowOrAt(Node other)
        {
            for (var node = this; node is not null; node = node.Parent)
            {
                if (node == other)
                    return true;
            }

            return false;
        }
    }
}
