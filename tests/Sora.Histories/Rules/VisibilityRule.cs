namespace Sora.Histories.Rules;

/// <summary>A message whose APPEND, COPY, MOVE or delivery was acknowledged, or that any client has seen, is in every SELECT that starts later, unless something may have removed it.</summary>
internal sealed class VisibilityRule : IRule
{
    public IEnumerable<Violation> Check(Facts facts)
    {
        foreach (var mailbox in facts.Mailboxes)
        {
            if (mailbox.Snapshots.Count == 0)
                continue;
            foreach (var violation in Known(mailbox).Concat(Delivered(facts, mailbox)))
                yield return violation;
        }
    }

    // Messages whose UID somebody was told
    private static IEnumerable<Violation> Known(MailboxFacts mailbox)
    {
        var known = new Dictionary<uint, (long Time, Operation Operation)>();
        foreach (var (uid, time, operation) in mailbox.Placements.Where(static one => one.Uid != 0 && one.Operation.IsOk).Select(static one => (one.Uid, one.Operation.End, one.Operation))
            .Concat(mailbox.Sightings.Select(static one => (one.State.Uid, one.Time, one.Operation))))
        {
            if (!known.TryGetValue(uid, out var first) || time < first.Time)
                known[uid] = (time, operation);
        }

        foreach (var (uid, (time, operation)) in known)
        {
            var removed = mailbox.RemovalsOf(uid).Count == 0 ? long.MaxValue : mailbox.RemovalsOf(uid).Min(static removal => removal.Start);
            for (var i = mailbox.FirstSnapshotAfter(time); i < mailbox.Snapshots.Count && mailbox.Snapshots[i].Start < removed; i++)
            {
                var snapshot = mailbox.Snapshots[i];
                if (snapshot.Messages.ContainsKey(uid) || !snapshot.AllKnown || snapshot.End > removed)
                    continue;
                yield return Missing(mailbox, $"UID {uid}", operation, snapshot, uid);
                break;
            }
        }
    }

    // Messages of which only the identity is known
    private static IEnumerable<Violation> Delivered(Facts facts, MailboxFacts mailbox)
    {
        var uids = mailbox.Identities.ToLookup(static one => one.Value.State.Identity!, static one => one.Key, StringComparer.Ordinal);
        foreach (var placement in mailbox.Placements.Where(static one => one.Uid == 0 && one.Operation is { IsOk: true, Kind: OperationKind.Deliver or OperationKind.Append }))
        {
            var identity = facts.IdentityOf(placement)!;

            // A client may have learned its UID with its flags, and removed it before anybody has read it
            var removals = uids[identity].Any() ? uids[identity].SelectMany(mailbox.RemovalsOf) : mailbox.UnreadRemovals(placement.Operation.Start);
            var removed = removals.Select(static removal => removal.Start).DefaultIfEmpty(long.MaxValue).Min();
            for (var i = mailbox.FirstSnapshotAfter(placement.Operation.End); i < mailbox.Snapshots.Count && mailbox.Snapshots[i].Start < removed; i++)
            {
                var snapshot = mailbox.Snapshots[i];
                if (!snapshot.AllKnown || snapshot.End > removed || uids[identity].Any(snapshot.Messages.ContainsKey))
                    continue;
                yield return Missing(mailbox, $"message {identity}", placement.Operation, snapshot, 0);
                break;
            }
        }
    }

    private static Violation Missing(MailboxFacts mailbox, string what, Operation known, Snapshot snapshot, uint uid) => new(
        "What was acknowledged is there", $"{what} of {mailbox.Name} is not in a later SELECT, and nobody has removed it",
        [known, snapshot.Select, snapshot.Fetch], told => told.Message?.Uid == uid || told.Kind is ViewEventKind.Exists or ViewEventKind.UidNext or ViewEventKind.HighestModSeq);
}
