namespace Sora.Histories;

/// <summary>A message that a client was told of.</summary>
/// <param name="Select">The SELECT whose whole state this is part of; null in a view that is older.</param>
internal sealed record Sighting(Operation Operation, long Time, MessageState State, Operation? Select);

/// <summary>A message that a client was told to be gone.</summary>
internal sealed record Farewell(Operation Operation, long Time, uint Uid);

/// <summary>A message that was made, or may have been. The UID is 0 and the identity null where nobody was told.</summary>
internal sealed record Placement(Operation Operation, uint Uid, string? Identity, uint SourceUid);

/// <summary>SELECT and the FETCH of everything after it: what the mailbox was at a moment between the two times.</summary>
internal sealed record Snapshot(Operation Select, Operation Fetch, IReadOnlyDictionary<uint, MessageState> Messages, bool AllKnown)
{
    public long Start => Select.Start;

    public long End => Fetch.End;
}

/// <summary>A history sorted by what it says of each mailbox.</summary>
internal sealed class Facts
{
    private readonly Dictionary<string, MailboxFacts> _mailboxes = new(StringComparer.Ordinal);
    private readonly List<Violation> _violations = [];

    public Facts(IEnumerable<Operation> operations, bool duplicatesAreSuppressed)
    {
        DuplicatesAreSuppressed = duplicatesAreSuppressed;
        Operations = [.. operations.OrderBy(static operation => operation.Start)];
        foreach (var connection in Operations.GroupBy(static operation => operation.Connection))
            Replay(connection);
        foreach (var operation in Operations)
            Place(operation);
        foreach (var mailbox in _mailboxes.Values)
            mailbox.Sort();

        foreach (var mailbox in _mailboxes.Values.ToList())
        {
            foreach (var placement in mailbox.Placements.Where(static one => one is { Uid: not 0, SourceUid: not 0 }))
            {
                if (mailbox.Identities.TryGetValue(placement.Uid, out var sighting))
                    Of(placement.Operation.Mailbox).Learn(placement.SourceUid, sighting);
            }
        }

        // A copy has the flags of its source: what ever was marked may be marked wherever it is
        var deletable = _mailboxes.Values.SelectMany(static mailbox => mailbox.MarkedDeleted.Select(mailbox.IdentityOf)).OfType<string>().ToHashSet(StringComparer.Ordinal);
        foreach (var mailbox in _mailboxes.Values)
            mailbox.FindRemovals(this, deletable);
    }

    public IReadOnlyList<Operation> Operations { get; }

    public bool DuplicatesAreSuppressed { get; }

    public IEnumerable<MailboxFacts> Mailboxes => _mailboxes.Values;

    /// <summary>What was wrong with single connections' streams of responses.</summary>
    public IReadOnlyList<Violation> BrokenViews => _violations;

    public MailboxFacts Of(string mailbox)
    {
        if (!_mailboxes.TryGetValue(mailbox, out var facts))
            _mailboxes.Add(mailbox, facts = new MailboxFacts(mailbox));
        return facts;
    }

    // Each connection's stream of responses, held against a view that is built from it
    private void Replay(IEnumerable<Operation> operations)
    {
        var view = new View();
        Operation? select = null;
        Operation? last = null;
        string? mailbox = null;
        var broken = false;
        foreach (var operation in operations)
        {
            if (operation.Kind is OperationKind.Deliver)
                continue;
            if (operation.Kind == OperationKind.Select)
            {
                (view, select, mailbox, broken) = (new View(), operation, operation.Mailbox, false);
            }

            // An APPEND or STATUS names another mailbox; what is told of messages is always of the selected one
            var facts = Of(mailbox ?? operation.Mailbox);
            var isSnapshot = operation.IsWhole && select is not null && ReferenceEquals(last, select);
            var count = view.Count;
            foreach (var told in operation.Events)
            {
                var wrong = view.Apply(told, !operation.BySequence, uid => facts.Farewells.Add(new Farewell(operation, told.Time, uid)));
                if (wrong is not null && !broken)
                {
                    // What follows is counted on wrong numbers: once is enough
                    broken = true;
                    _violations.Add(new Violation("A view is consistent", wrong, [select ?? operation, operation], Matters(told, view)));
                }

                if (told.Kind == ViewEventKind.Fetch && !broken && told.Number <= (ulong)view.Count && view.Uids[(int)told.Number - 1] is > 0 and var uid)
                    facts.Sightings.Add(new Sighting(operation, told.Time, told.Message! with { Uid = uid }, isSnapshot ? select : null));
            }

            if (isSnapshot && !broken && IsComplete(operation) && select is { IsOk: true })
            {
                facts.Snapshots.Add(new Snapshot(
                    select,
                    operation,
                    view.Uids.Where(static uid => uid != 0).ToDictionary(static uid => uid, uid => view.StateOf(uid)!),
                    view.Uids.Take(count).All(static uid => uid != 0)));
            }

            last = operation;
        }
    }

    // A message that somebody has expunged since the SELECT may have been left out (RFC 5530, EXPUNGEISSUED): those who look at snapshots know of expunges
    private static bool IsComplete(Operation fetch) =>
        fetch.IsOk || (fetch.Outcome == Outcome.No && fetch.Answer.Contains("[EXPUNGEISSUED]", StringComparison.Ordinal));

    private static Func<ViewEvent, bool> Matters(ViewEvent wrong, View view)
    {
        var count = view.Count;
        return told => ReferenceEquals(told, wrong) || (told.Kind != ViewEventKind.Fetch && count > 0 && told.Time <= wrong.Time)
            || (told.Kind == ViewEventKind.Fetch && told.Number + 1 >= wrong.Number && told.Number <= wrong.Number + 1);
    }

    private void Place(Operation operation)
    {
        var facts = Of(operation.Mailbox);
        switch (operation.Kind)
        {
            case OperationKind.Append or OperationKind.Deliver:
                if (operation.MayHaveHappened)
                    facts.Placements.Add(new Placement(operation, operation.Placed is { } placed ? placed.To[0] : 0, operation.Message, 0));
                break;
            case OperationKind.Copy or OperationKind.Move:
                if (!operation.MayHaveHappened)
                    break;
                var destination = Of(operation.Destination!);
                if (operation is { IsOk: true, Placed: { } copied })
                {
                    for (var i = 0; i < copied.From.Count; i++)
                        destination.Placements.Add(new Placement(operation, copied.To[i], null, copied.From[i]));
                    if (operation.Kind == OperationKind.Move)
                        facts.Farewells.AddRange(copied.From.Select(uid => new Farewell(operation, operation.End, uid)));
                }
                else if (!operation.IsOk)
                {
                    foreach (var uid in operation.Uids)
                        destination.Placements.Add(new Placement(operation, 0, null, uid));
                }

                if (operation.Kind == OperationKind.Move)
                    facts.Removals.Add(operation);
                break;
            case OperationKind.Expunge:
                if (operation.MayHaveHappened)
                    facts.Removals.Add(operation);
                break;
            case OperationKind.Store:
                if (operation.MayHaveHappened)
                    facts.Stores.Add(operation);
                break;
        }
    }

    /// <summary>The identity of a placement's message, when anybody was told.</summary>
    public string? IdentityOf(Placement placement) =>
        placement.Identity ?? (placement.SourceUid != 0 ? Of(placement.Operation.Mailbox).IdentityOf(placement.SourceUid) : null);
}
