namespace Sora.Histories.Rules;

/// <summary>UIDs strictly grow: a message that was added after another one has the higher UID, and UIDNEXT is beyond all that were given (RFC 9051 section 2.3.1.1).</summary>
internal sealed class UidOrderRule : IRule
{
    public IEnumerable<Violation> Check(Facts facts)
    {
        var operations = facts.Operations.ToLookup(static operation => operation.Mailbox, StringComparer.Ordinal);
        foreach (var mailbox in facts.Mailboxes)
        {
            var next = new RisingCounter();
            foreach (var placements in mailbox.Placements.Where(static one => one.Uid != 0).GroupBy(static one => one.Operation))
                next.Add(new(placements.Key, placements.Key.Start, placements.Key.End, placements.Min(static one => one.Uid), placements.Max(static one => one.Uid) + 1));
            foreach (var sighting in mailbox.Sightings)
                next.Add(new(sighting.Operation, long.MaxValue, sighting.Time, ulong.MaxValue, sighting.State.Uid + 1));
            foreach (var operation in operations[mailbox.Name])
            {
                if (operation.Kind is OperationKind.Select or OperationKind.Status)
                {
                    foreach (var told in operation.Events.Where(static told => told.Kind == ViewEventKind.UidNext))
                        next.Add(new(operation, operation.Start, told.Time, told.Number, told.Number));
                }
            }

            foreach (var (before, after) in next.Contradictions())
            {
                yield return new Violation(
                    "UIDs grow", $"{mailbox.Name}: UIDNEXT was at least {before.AtEnd}, and at most {after.AtStart} later",
                    [before.Operation, after.Operation], told => told.Kind == ViewEventKind.UidNext || told.Message?.Uid + 1 == before.AtEnd);
            }
        }
    }
}
