using System.Runtime.InteropServices;

namespace Sora.Histories;

/// <summary>What a history says of one mailbox, in the order of time.</summary>
internal sealed class MailboxFacts(string name)
{
    private readonly Dictionary<uint, Sighting> _identities = [];
    private readonly Dictionary<uint, List<Operation>> _removals = [];
    private readonly Dictionary<uint, List<Operation>> _stores = [];

    public string Name { get; } = name;

    public List<Snapshot> Snapshots { get; } = [];

    public List<Sighting> Sightings { get; } = [];

    public List<Farewell> Farewells { get; } = [];

    public List<Placement> Placements { get; } = [];

    /// <summary>EXPUNGE and MOVE out of here that may have happened.</summary>
    public List<Operation> Removals { get; } = [];

    /// <summary>STORE that may have happened.</summary>
    public List<Operation> Stores { get; } = [];

    /// <summary>What a UID's message is, as the first client that read it was told.</summary>
    public IReadOnlyDictionary<uint, Sighting> Identities => _identities;

    public string? IdentityOf(uint uid) => _identities.GetValueOrDefault(uid)?.State.Identity;

    /// <summary>STORE of this message.</summary>
    public IReadOnlyList<Operation> StoresOf(uint uid) => _stores.GetValueOrDefault(uid) ?? [];

    /// <summary>What may have taken this message away.</summary>
    public IReadOnlyList<Operation> RemovalsOf(uint uid) => _removals.GetValueOrDefault(uid) ?? [];

    /// <summary>What may have taken away messages of which nobody has read more than the UID, from a time on.</summary>
    public IEnumerable<Operation> UnreadRemovals(long from) =>
        _removals.Where(one => !_identities.ContainsKey(one.Key)).SelectMany(static one => one.Value).Where(removal => removal.End > from);

    /// <summary>Somebody has read the message in another mailbox, where it was copied or moved to.</summary>
    public void Learn(uint uid, Sighting elsewhere) => _identities.TryAdd(uid, elsewhere);

    /// <summary>UIDs that a STORE may have given \Deleted.</summary>
    public IEnumerable<uint> MarkedDeleted => Stores.Where(static store => store.Added.Contains("\\Deleted", StringComparer.OrdinalIgnoreCase)).SelectMany(static store => store.Uids).Distinct();

    /// <summary>The message may have been gone when a client in an older view was told of it.</summary>
    public bool MayBeGone(Sighting sighting) => sighting.Select is null && RemovalsOf(sighting.State.Uid).Any(removal => removal.Start < sighting.Time);

    public bool HasExpungeOfAll => Removals.Exists(static removal => removal.Uids.Count == 0);

    public void Sort()
    {
        Snapshots.Sort(static (one, other) => one.Start.CompareTo(other.Start));
        Sightings.Sort(static (one, other) => one.Time.CompareTo(other.Time));
        Farewells.Sort(static (one, other) => one.Time.CompareTo(other.Time));
        foreach (var sighting in Sightings)
        {
            if (sighting.State.Identity is not null)
                _identities.TryAdd(sighting.State.Uid, sighting);
        }

        foreach (var store in Stores)
        {
            foreach (var uid in store.Uids)
                Add(_stores, uid, store);
        }
    }

    /// <param name="facts">Of the whole history.</param>
    /// <param name="deletable">Identities of messages that may have had \Deleted somewhere.</param>
    public void FindRemovals(Facts facts, IReadOnlySet<string> deletable)
    {
        var marked = MarkedDeleted.ToHashSet();
        marked.UnionWith(_identities.Where(one => deletable.Contains(one.Value.State.Identity!)).Select(static one => one.Key));
        marked.UnionWith(Placements.Where(one => one.Uid != 0 && facts.IdentityOf(one) is { } identity && deletable.Contains(identity)).Select(static one => one.Uid));
        foreach (var removal in Removals)
        {
            foreach (var uid in removal.Uids.Count > 0 ? removal.Uids : (IEnumerable<uint>)marked)
                Add(_removals, uid, removal);
        }
    }

    /// <summary>The first snapshot that started after a time, by its place in the list.</summary>
    public int FirstSnapshotAfter(long time)
    {
        var (low, high) = (0, Snapshots.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Snapshots[middle].Start > time)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }

    private static void Add(Dictionary<uint, List<Operation>> lists, uint uid, Operation operation)
    {
        ref var list = ref CollectionsMarshal.GetValueRefOrAddDefault(lists, uid, out _);
        (list ??= []).Add(operation);
    }
}
