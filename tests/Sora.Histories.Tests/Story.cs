using System.Globalization;

namespace Sora.Histories.Tests;

/// <summary>A history written by hand. One operation follows the other unless its times are set otherwise.</summary>
internal sealed class Story
{
    public const string Inbox = "ada/INBOX";
    public const string Archive = "ada/Archive";

    private long _time;

    public List<Operation> Operations { get; } = [];

    public static MessageState Message(uint uid, ulong modSeq, string identity, params string[] flags) => new(uid, modSeq, flags, identity);

    public static ViewEvent Told(ViewEventKind kind, ulong number) => new(0, kind, number);

    public static ViewEvent Fetched(ulong number, MessageState message) => new(0, ViewEventKind.Fetch, number) { Message = message };

    public static ViewEvent Vanished(params uint[] uids) => new(0, ViewEventKind.Vanished, 0) { Uids = uids };

    /// <summary>SELECT and the FETCH of everything.</summary>
    public Operation Select(string connection, string mailbox, uint uidNext, ulong highest, params MessageState[] messages)
    {
        Add(
            connection, OperationKind.Select, mailbox, "SELECT",
            events: [Told(ViewEventKind.UidValidity, 7), Told(ViewEventKind.UidNext, uidNext), Told(ViewEventKind.HighestModSeq, highest), Told(ViewEventKind.Exists, (ulong)messages.Length)]);
        return Add(
            connection, OperationKind.Fetch, mailbox, "FETCH 1:*", events: [.. messages.Select(static (message, i) => Fetched((ulong)i + 1, message))], isWhole: true, bySequence: true);
    }

    public Operation Deliver(string mailbox, string identity, Outcome outcome = Outcome.Ok) =>
        Add("lmtp", OperationKind.Deliver, mailbox, "DATA " + identity, outcome, message: identity);

    public Operation Append(string connection, string mailbox, string identity, uint uid, Outcome outcome = Outcome.Ok, params string[] flags) =>
        Add(connection, OperationKind.Append, mailbox, "APPEND " + identity, outcome, message: identity, added: flags, placed: outcome == Outcome.Ok ? new Placed(7, [], [uid]) : null);

    public Operation Store(string connection, string mailbox, uint uid, string change, Outcome outcome = Outcome.Ok, bool isChange = false, params ViewEvent[] events) =>
        Add(
            connection, OperationKind.Store, mailbox, string.Create(CultureInfo.InvariantCulture, $"UID STORE {uid} {change}"), outcome, uids: [uid],
            added: change[0] == '+' ? [change[1..]] : [], removed: change[0] == '-' ? [change[1..]] : [], isChange: isChange, events: events);

    public Operation Expunge(string connection, string mailbox, uint[] uids, Outcome outcome = Outcome.Ok, params ViewEvent[] events) =>
        Add(connection, OperationKind.Expunge, mailbox, "UID EXPUNGE " + string.Join(',', uids), outcome, uids: uids, events: events);

    public Operation Transfer(OperationKind kind, string connection, string from, string to, uint uid, uint newUid, Outcome outcome = Outcome.Ok, params ViewEvent[] events) =>
        Add(
            connection, kind, from, string.Create(CultureInfo.InvariantCulture, $"UID {kind} {uid} {to}"), outcome, uids: [uid], destination: to,
            placed: outcome == Outcome.Ok ? new Placed(7, [uid], [newUid]) : null, events: events);

    public Operation Noop(string connection, string mailbox, params ViewEvent[] events) => Add(connection, OperationKind.Noop, mailbox, "NOOP", events: events);

    private Operation Add(
        string connection, OperationKind kind, string mailbox, string command, Outcome outcome = Outcome.Ok, string? message = null, string? destination = null,
        IReadOnlyList<uint>? uids = null, IReadOnlyList<string>? added = null, IReadOnlyList<string>? removed = null, Placed? placed = null, bool isChange = false,
        bool isWhole = false, bool bySequence = false, IEnumerable<ViewEvent>? events = null)
    {
        var operation = new Operation
        {
            Connection = connection,
            Kind = kind,
            Mailbox = mailbox,
            Command = command,
            Message = message,
            Destination = destination,
            Uids = uids ?? [],
            Added = added ?? [],
            Removed = removed ?? [],
            IsChange = isChange,
            IsWhole = isWhole,
            BySequence = bySequence,
            Placed = placed,
            Outcome = outcome,
            Start = _time += 10,
            End = outcome == Outcome.Unknown ? long.MaxValue : _time + 5,
        };
        operation.Events.AddRange((events ?? []).Select(told => told with { Time = operation.Start + 2 }));
        Operations.Add(operation);
        return operation;
    }
}
