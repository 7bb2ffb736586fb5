namespace Sora.Histories.Rules;

/// <summary>
/// An acknowledged STORE is not undone: what a SELECT shows of a flag, some STORE made so that no acknowledged one has overwritten since. What a client sees in a
/// view that it has had for longer includes at least what it stored itself.
/// </summary>
internal sealed class FlagRule : IRule
{
    public IEnumerable<Violation> Check(Facts facts)
    {
        foreach (var mailbox in facts.Mailboxes)
        {
            var births = new Dictionary<uint, Operation>();
            foreach (var placement in mailbox.Placements.Where(static one => one.Uid != 0))
                births.TryAdd(placement.Uid, placement.Operation);
            var stored = mailbox.Stores.SelectMany(static store => store.Added.Concat(store.Removed)).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
            var shown = new HashSet<(uint, string)>();
            foreach (var sighting in mailbox.Sightings.Where(static one => one.State.Flags is not null))
            {
                var uid = sighting.State.Uid;
                var stores = mailbox.StoresOf(uid);
                if (stores.Count == 0)
                    continue;

                // In a view that is older an expunged message stays as it was
                if (mailbox.MayBeGone(sighting))
                    continue;
                foreach (var flag in stored)
                {
                    if (Overwritten(stores, births.GetValueOrDefault(uid), sighting, flag) is not { } store || !shown.Add((uid, flag)))
                        continue;
                    yield return new Violation(
                        "What was stored is not undone", $"UID {uid} of {mailbox.Name} is shown {(sighting.State.Has(flag) ? "with" : "without")} {flag}, which was stored otherwise and by nobody later",
                        [store, .. sighting.Select is { } select ? new[] { select } : [], sighting.Operation], told => told.Message?.Uid == uid);
                }
            }
        }
    }

    // The acknowledged STORE that this sighting knows nothing of
    private static Operation? Overwritten(IReadOnlyList<Operation> stores, Operation? birth, Sighting sighting, string flag)
    {
        var has = sighting.State.Has(flag);
        Operation? latest = null;
        foreach (var store in stores)
        {
            if (store.IsOk && Contains(has ? store.Removed : store.Added, flag) && IsBefore(store, sighting) && (latest is null || store.Start > latest.Start))
                latest = store;
        }

        if (latest is null)
            return null;
        if (birth is not null && birth.End >= latest.Start && Contains(birth.Added, flag) == has)
            return null;
        foreach (var store in stores)
        {
            if (Contains(has ? store.Added : store.Removed, flag) && store.Start < sighting.Time && store.End >= latest.Start)
                return null;
        }

        return latest;
    }

    // A SELECT knows what was acknowledged before it, a view that is older at least what its own client did
    private static bool IsBefore(Operation store, Sighting sighting) =>
        sighting.Select is { } select
            ? store.End < select.Start
            : store.End < sighting.Time && string.Equals(store.Connection, sighting.Operation.Connection, StringComparison.Ordinal);

    private static bool Contains(IReadOnlyList<string> flags, string flag)
    {
        for (var i = 0; i < flags.Count; i++)
        {
            if (string.Equals(flags[i], flag, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
