using Sora.Contracts;

namespace Sora.Relay.Reports;

/// <summary>Action of RFC 3464 section 2.3.3.</summary>
internal enum ReportAction
{
    Failed,
    Delayed,
    Delivered,
    Relayed,
}

/// <summary>What a report says of one recipient.</summary>
internal sealed record ReportedRecipient(RelayTarget Target, ReportAction Action, string Status, RelayReply Reply)
{
    /// <summary>Which action the rules of RFC 3461 section 5.2 ask for; null when the sender is not to hear of it.</summary>
    /// <param name="work">The message.</param>
    /// <param name="delivery">What became of the recipient.</param>
    /// <param name="delayAfter">From which age on a sender hears that a message is late.</param>
    /// <param name="now">The time.</param>
    public static ReportedRecipient? Of(RelayWork work, Delivery delivery, TimeSpan delayAfter, DateTimeOffset now)
    {
        // The null reverse-path: nobody is to hear of anything (RFC 5321 section 4.5.5)
        if (work.Sender.Length == 0)
            return null;
        var notify = delivery.Target.Recipient.Notify;
        ReportAction? action = delivery.Fate switch
        {
            RelayFate.Failed when Wants(notify, "FAILURE", byDefault: true) => ReportAction.Failed,
            RelayFate.Deferred when IsLate(work, delivery.Target, notify, delayAfter, now) => ReportAction.Delayed,
            RelayFate.Sent when IsRelayed(work, delivery, notify) => delivery.IsFinal ? ReportAction.Delivered : ReportAction.Relayed,
            _ => null,
        };
        return action is { } known ? new ReportedRecipient(delivery.Target, known, delivery.Status ?? delivery.Reply.Status, delivery.Reply) : null;
    }

    private static bool Wants(string? notify, string word, bool byDefault) =>
        notify is null ? byDefault : notify.Split(',').Contains(word, StringComparer.Ordinal);

    // RFC 3461 section 5.2.5 lets a report of delay be left out unless it is asked for; RFC 2852 section 4 asks for it when the time has come
    private static bool IsLate(RelayWork work, RelayTarget target, string? notify, TimeSpan delayAfter, DateTimeOffset now) =>
        !target.DelayReported
        && ((now - work.QueuedAt >= delayAfter && Wants(notify, "DELAY", byDefault: false))
            || (work.DeliverBy is { IsReturn: false } by && now >= by.Time && Wants(notify, "DELAY", byDefault: true)));

    // RFC 3461 section 5.2.2 b; RFC 2852 section 4: where the time limit gets lost, or each host is to be heard of
    private static bool IsRelayed(RelayWork work, Delivery delivery, string? notify) =>
        (!delivery.PeerReports && Wants(notify, "SUCCESS", byDefault: false))
        || (work.DeliverBy is { } by && notify != "NEVER" && !delivery.IsFinal && (by.IsTrace || (!delivery.PeerDeliversBy && Wants(notify, "DELAY", byDefault: true))));
}
