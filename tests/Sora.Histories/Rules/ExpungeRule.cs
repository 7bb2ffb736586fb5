namespace Sora.Histories.Rules;

/// <summary>A message of which a client was told that it is gone, or whose EXPUNGE or MOVE was acknowledged, is in no SELECT that starts later.</summary>
internal sealed class ExpungeRule : IRule
{
    public IEnumerable<Violation> Check(Facts facts)
    {
        foreach (var mailbox in facts.Mailboxes)
        {
            var gone = new Dictionary<uint, (long Time, Operation[] Operations)>();
            foreach (var farewell in mailbox.Farewells.Where(static one => one.Uid != 0))
                Note(farewell.Uid, farewell.Time, farewell.Operation);
            foreach (var expunge in mailbox.Removals.Where(static removal => removal is { Kind: OperationKind.Expunge, IsOk: true }))
            {
                foreach (var uid in expunge.Uids)
                {
                    if (Deleted(mailbox, uid, expunge) is { } store)
                        Note(uid, expunge.End, store, expunge);
                }
            }

            foreach (var snapshot in mailbox.Snapshots)
            {
                foreach (var uid in snapshot.Messages.Keys)
                {
                    if (!gone.TryGetValue(uid, out var told) || told.Time >= snapshot.Start)
                        continue;
                    gone.Remove(uid);
                    yield return new Violation(
                        "What was expunged stays away", $"UID {uid} of {mailbox.Name} was gone, and is in a later SELECT", [.. told.Operations, snapshot.Select, snapshot.Fetch],
                        one => one.Message?.Uid == uid || one.Uids.Contains(uid) || one.Kind is ViewEventKind.Expunge);
                }
            }

            void Note(uint uid, long time, params Operation[] operations)
            {
                if (!gone.TryGetValue(uid, out var first) || time < first.Time)
                    gone[uid] = (time, operations);
            }
        }
    }

    // The STORE that gave it \Deleted for certain, when nobody may have taken that away again
    private static Operation? Deleted(MailboxFacts mailbox, uint uid, Operation expunge)
    {
        var stores = mailbox.StoresOf(uid);
        return stores.Any(static store => store.Removed.Contains("\\Deleted", StringComparer.OrdinalIgnoreCase))
            ? null
            : stores.FirstOrDefault(store => store.IsOk && store.End < expunge.Start && store.Added.Contains("\\Deleted", StringComparer.OrdinalIgnoreCase));
    }
}
