namespace Sora.Histories.Rules;

/// <summary>
/// Mod-sequences are in the order of commits: HIGHESTMODSEQ never goes back, is not below what any client was told before, and a change that began after that has a
/// higher one (RFC 7162 section 3.1).
/// </summary>
internal sealed class ModSeqOrderRule : IRule
{
    public IEnumerable<Violation> Check(Facts facts)
    {
        var operations = facts.Operations.ToLookup(static operation => operation.Mailbox, StringComparer.Ordinal);
        foreach (var mailbox in facts.Mailboxes)
        {
            var highest = new RisingCounter();
            foreach (var sighting in mailbox.Sightings.Where(static one => one.State.ModSeq != 0))
                highest.Add(new(sighting.Operation, long.MaxValue, sighting.Time, ulong.MaxValue, sighting.State.ModSeq));
            foreach (var operation in operations[mailbox.Name])
            {
                if (operation.Kind is OperationKind.Select or OperationKind.Status)
                {
                    foreach (var told in operation.Events.Where(static told => told.Kind == ViewEventKind.HighestModSeq))
                        highest.Add(new(operation, operation.Start, told.Time, told.Number, told.Number));
                }
            }

            // A later change of the same message may be what was told: that is higher still, and proves as much
            foreach (var changes in mailbox.Sightings.Where(static one => one.Operation is { Kind: OperationKind.Store, IsChange: true, IsOk: true } && one.State.ModSeq != 0).GroupBy(static one => one.Operation))
            {
                foreach (var change in changes.Where(change => changes.Key.Uids.Contains(change.State.Uid) && !mailbox.MayBeGone(change)).GroupBy(static one => one.State.Uid).Select(static one => one.MaxBy(static last => last.Time)!))
                    highest.Add(new(changes.Key, changes.Key.Start, changes.Key.End, change.State.ModSeq - 1, change.State.ModSeq));
            }

            foreach (var (before, after) in highest.Contradictions())
            {
                yield return new Violation(
                    "Mod-sequences are in the order of commits", $"{mailbox.Name}: the highest was at least {before.AtEnd}, and at most {after.AtStart} later",
                    [before.Operation, after.Operation],
                    told => told.Kind == ViewEventKind.HighestModSeq || told.Message?.ModSeq == before.AtEnd || told.Message?.ModSeq == after.AtStart + 1);
            }
        }
    }
}
