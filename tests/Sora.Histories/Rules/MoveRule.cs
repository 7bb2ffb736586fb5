namespace Sora.Histories.Rules;

/// <summary>A message that a MOVE without a good answer took away is where it was to go (RFC 6851 section 3.3: in one of the two places).</summary>
internal sealed class MoveRule : IRule
{
    public IEnumerable<Violation> Check(Facts facts)
    {
        foreach (var mailbox in facts.Mailboxes)
        {
            var lost = mailbox.Removals.Where(static removal => removal is { Kind: OperationKind.Move, IsOk: false })
                .SelectMany(static move => move.Uids.Select(uid => (Uid: uid, Move: move)))
                .GroupBy(static one => one.Uid, static one => one.Move);
            foreach (var moves in lost)
            {
                var uid = moves.Key;
                if (mailbox.IdentityOf(uid) is not { } identity || mailbox.RemovalsOf(uid).Any(removal => !moves.Contains(removal)))
                    continue;
                var without = mailbox.Snapshots.Find(snapshot => snapshot.Start > mailbox.Identities[uid].Time && snapshot.AllKnown && !snapshot.Messages.ContainsKey(uid));
                if (without is null)
                    continue;
                var destinations = moves.Select(static move => move.Destination!).Distinct(StringComparer.Ordinal).Select(facts.Of).ToList();
                var seen = destinations.Select(destination => destination.Snapshots.FindLast(snapshot => snapshot.Start > without.End && snapshot.AllKnown)).OfType<Snapshot>().ToList();
                if (seen.Count < destinations.Count || destinations.Exists(static destination => destination.HasExpungeOfAll))
                    continue;
                var there = destinations.Sum(destination => destination.Identities.Count(one => one.Value.State.Identity == identity));
                var others = destinations.Sum(destination => destination.Placements.Count(one => one.Operation.IsOk && !moves.Contains(one.Operation) && facts.IdentityOf(one) == identity));
                if (there > others)
                    continue;
                yield return new Violation(
                    "A moved message is in one place", $"UID {uid} of {mailbox.Name}, message {identity}, is gone and did not arrive",
                    [mailbox.Identities[uid].Operation, .. moves, without.Select, without.Fetch, .. seen.SelectMany(static snapshot => new[] { snapshot.Select, snapshot.Fetch })],
                    told => told.Message?.Identity == identity || told.Kind == ViewEventKind.Exists);
            }
        }
    }
}
