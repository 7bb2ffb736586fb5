using Sora.Contracts;

namespace Sora.Mailstore.Mailboxes;

/// <summary>Which flags the messages had that a record expunges. Nothing else keeps them, and whoever brings a message back wants it as it was.</summary>
internal sealed class ExpungedMessages
{
    private readonly SortedDictionary<ulong, UidSet> _byFlags = [];
    private readonly SortedDictionary<int, string> _keywords = [];

    public IReadOnlyList<ExpungedFlags> Flags => _byFlags.Count == 0 ? [] : [.. _byFlags.Select(static entry => new ExpungedFlags(entry.Value, entry.Key))];

    public IReadOnlyList<KeywordDefinition> Keywords => _keywords.Count == 0 ? [] : [.. _keywords.Select(static entry => new KeywordDefinition(entry.Key, entry.Value))];

    /// <summary>Messages of this state are about to go.</summary>
    public void Add(MailboxIndex index, UidSet uids)
    {
        var builders = new Dictionary<ulong, UidSet.Builder>();
        foreach (var uid in uids)
        {
            if (index.PositionOf(uid) is not (>= 0 and var position))
                continue;
            var flags = index[position].Flags & ~FlagMask.Deleted; // for that it goes
            if (flags == 0)
                continue;
            if (!builders.TryGetValue(flags, out var builder))
                builders[flags] = builder = new UidSet.Builder();
            builder.Add(uid);
        }

        var used = 0ul;
        foreach (var (flags, builder) in builders)
        {
            _byFlags[flags] = _byFlags.GetValueOrDefault(flags, UidSet.Empty).Union(builder.ToSet());
            used |= flags;
        }

        for (var slot = 0; slot < index.Keywords.SlotCount; slot++)
        {
            if ((used & FlagMask.OfKeyword(slot)) != 0)
                _keywords[slot] = index.Keywords[slot];
        }
    }
}
