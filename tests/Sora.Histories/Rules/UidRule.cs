namespace Sora.Histories.Rules;

/// <summary>A UID names one message for ever, as long as UIDVALIDITY is the same, which it stays (RFC 9051 section 2.3.1.1).</summary>
internal sealed class UidRule : IRule
{
    private const string Name = "A UID names one message";

    public IEnumerable<Violation> Check(Facts facts) =>
        facts.Mailboxes.SelectMany(mailbox => Identities(facts, mailbox).Concat(GivenTwice(mailbox))).Concat(Validity(facts));

    private static IEnumerable<Violation> Identities(Facts facts, MailboxFacts mailbox)
    {
        var known = new Dictionary<uint, (string Identity, Operation Operation)>();
        var wrong = new HashSet<uint>();
        var claims = mailbox.Sightings.Where(static one => one.State.Identity is not null)
            .Select(static one => (one.State.Uid, Identity: one.State.Identity!, one.Operation))
            .Concat(mailbox.Placements.Where(static one => one.Uid != 0)
                .Select(one => (one.Uid, Identity: facts.IdentityOf(one)!, one.Operation))
                .Where(static one => one.Identity is not null));
        foreach (var (uid, identity, operation) in claims)
        {
            if (!known.TryGetValue(uid, out var first))
                known.Add(uid, (identity, operation));
            else if (!string.Equals(first.Identity, identity, StringComparison.Ordinal) && wrong.Add(uid))
                yield return new Violation(Name, $"UID {uid} of {mailbox.Name} is message {first.Identity} and message {identity}", [first.Operation, operation], told => told.Message?.Uid == uid);
        }
    }

    private static IEnumerable<Violation> GivenTwice(MailboxFacts mailbox)
    {
        foreach (var given in mailbox.Placements.Where(static one => one.Uid != 0).GroupBy(static one => one.Uid))
        {
            if (given.Skip(1).Any())
                yield return new Violation(Name, $"UID {given.Key} of {mailbox.Name} was given twice", [.. given.Take(2).Select(static one => one.Operation)]);
        }
    }

    private static IEnumerable<Violation> Validity(Facts facts)
    {
        var first = new Dictionary<string, (ulong Value, Operation Operation)>(StringComparer.Ordinal);
        foreach (var operation in facts.Operations)
        {
            var claims = operation.Events.Where(static told => told.Kind == ViewEventKind.UidValidity).Select(told => (operation.Mailbox, told.Number));
            if (operation.Placed is { } placed)
                claims = claims.Append((operation.Destination ?? operation.Mailbox, placed.UidValidity));
            foreach (var (mailbox, value) in claims)
            {
                if (first.TryAdd(mailbox, (value, operation)) || first[mailbox].Value == value)
                    continue;
                yield return new Violation(Name, $"UIDVALIDITY of {mailbox} was {first[mailbox].Value} and is {value}", [first[mailbox].Operation, operation], static told => told.Kind == ViewEventKind.UidValidity);
            }
        }
    }
}
