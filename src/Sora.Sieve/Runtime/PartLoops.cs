using Sora.Mime;

namespace Sora.Sieve.Runtime;

/// <summary>
/// The loops over parts that are under way, the outermost first (RFC 5703 section 3). When the message is changed in one, they go on in the changed one, with the parts
/// that are still there.
/// </summary>
internal sealed class PartLoops
{
    private readonly List<PartLoop> _loops = [];

    public void Enter(PartLoop loop) => _loops.Add(loop);

    public void Leave() => _loops.RemoveAt(_loops.Count - 1);

    /// <summary>A part was replaced: what was in it is gone, all others are where they were.</summary>
    public void Replace(MimePart oldRoot, IReadOnlyList<MimePart> replaced, MimePart newRoot)
    {
        List<int>[] gone = [.. replaced.Select(part => PartPath.Of(oldRoot, part)!)];
        Move(oldRoot, path => Array.Exists(gone, inside => path.Count > inside.Count && path.GetRange(0, inside.Count).SequenceEqual(inside)) ? null : path, newRoot);
    }

    /// <summary>The message was enclosed in another one: its parts are further inside, and the whole is the new one.</summary>
    public void Enclose(MimePart oldRoot, MimePart newRoot) => Move(oldRoot, static path => path.Count == 0 ? path : [1, PartPath.Message, .. path], newRoot);

    private void Move(MimePart oldRoot, Func<List<int>, List<int>?> move, MimePart newRoot)
    {
        foreach (var loop in _loops)
            if (ReferenceEquals(loop.Root, oldRoot))
                loop.Move(part => PartPath.Of(oldRoot, part) is { } path && move(path) is { } moved ? PartPath.Find(newRoot, moved) : null, newRoot);
    }
}

/// <summary>A loop over parts.</summary>
/// <param name="root">The message that the parts are of.</param>
/// <param name="parts">The parts in their order.</param>
internal sealed class PartLoop(MimePart root, IEnumerable<MimePart> parts)
{
    private readonly MimePart?[] _parts = [.. parts]; // null for those that are not there any more
    private int _at = -1;

    public MimePart Root { get; private set; } = root;

    /// <summary>The part at hand.</summary>
    public MimePart? Current => _at >= 0 && _at < _parts.Length ? _parts[_at] : null;

    /// <summary>Goes to the next part that is there.</summary>
    public bool Next()
    {
        while (++_at < _parts.Length)
            if (_parts[_at] is not null)
                return true;
        return false;
    }

    public void Move(Func<MimePart, MimePart?> move, MimePart root)
    {
        Root = root;
        for (var i = Math.Max(_at, 0); i < _parts.Length; i++)
            _parts[i] = _parts[i] is { } part ? move(part) : null;
    }
}

/// <summary>The way from a message to a part of it: the numbers of children from 0, and <see cref="Message"/> for the message in a message/rfc822 part.</summary>
internal static class PartPath
{
    public const int Message = -1;

    /// <summary>The way, empty for the message itself; null where it is no part of it.</summary>
    public static List<int>? Of(MimePart root, MimePart part)
    {
        if (ReferenceEquals(root, part))
            return [];
        for (var i = -1; i < root.Children.Count; i++)
        {
            var child = i == Message ? root.Message : root.Children[i];
            if (child is not null && child.HeaderStart <= part.HeaderStart && child.End >= part.End && Of(child, part) is { } rest)
                return [i, .. rest];
        }

        return null;
    }

    public static MimePart? Find(MimePart root, List<int> path)
    {
        MimePart? part = root;
        foreach (var step in path)
            part = step == Message ? part?.Message : part is not null && step < part.Children.Count ? part.Children[step] : null;
        return part;
    }
}
