namespace Sora.Histories.Rules;

/// <summary>A mailbox holds a message no more often than it was put there: once for each APPEND, delivery, COPY or MOVE that may have happened.</summary>
internal sealed class CountRule : IRule
{
    public IEnumerable<Violation> Check(Facts facts)
    {
        foreach (var mailbox in facts.Mailboxes)
        {
            var put = mailbox.Placements.ToLookup(placement => facts.IdentityOf(placement) ?? "", StringComparer.Ordinal);

            // What nobody ever read may have been any message
            var unknown = put[""].Count();
            foreach (var copies in mailbox.Identities.GroupBy(static one => one.Value.State.Identity!, StringComparer.Ordinal))
            {
                var ways = put[copies.Key].ToList();
                if (facts.DuplicatesAreSuppressed && ways.Find(static one => one.Operation.Kind == OperationKind.Deliver) is { } delivery)
                    ways.RemoveAll(one => one != delivery && one.Operation.Kind == OperationKind.Deliver);
                var (there, most) = (copies.Count(), ways.Count + unknown);
                if (there <= most && ways.Select(placement => StillThere(facts, placement)).OfType<Snapshot>().MinBy(static snapshot => snapshot.Start) is { } source)
                {
                    // Of what was here when the source still had its message, nothing came by this MOVE
                    there = copies.Count(one => one.Value.Time < source.Start);
                    most = ways.Count(placement => StillThere(facts, placement) is null) + unknown;
                }

                if (there <= most)
                    continue;
                yield return new Violation(
                    "Nothing is doubled", $"message {copies.Key} is in {mailbox.Name} as UIDs {string.Join(", ", copies.Select(static one => one.Key).Order())}, and was put there {most} times",
                    [.. ways.Select(static one => one.Operation), .. copies.Select(static one => one.Value.Operation), .. ways.Select(placement => StillThere(facts, placement)?.Fetch).OfType<Operation>()],
                    told => told.Message?.Identity == copies.Key);
            }
        }
    }

    // The last SELECT of a MOVE's source, when the message that was to go is still in it: until then the MOVE, which was not acknowledged, has put nothing anywhere
    private static Snapshot? StillThere(Facts facts, Placement placement) =>
        placement.Operation is { Kind: OperationKind.Move, IsOk: false }
        && facts.Of(placement.Operation.Mailbox).Snapshots is [.., var last]
        && last.Start > placement.Operation.Start
        && last.Messages.ContainsKey(placement.SourceUid)
            ? last
            : null;
}
