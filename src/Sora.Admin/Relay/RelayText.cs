using Sora.Contracts;
using Sora.Mailstore.Relay;

namespace Sora.Admin.Relay;

/// <summary>The queue's entries as they are shown.</summary>
internal static class RelayText
{
    public static string Name(RelayKind kind) => kind switch
    {
        RelayKind.Redirect => "redirect",
        RelayKind.Vacation => "vacation",
        RelayKind.Report => "report",
        _ => "notify",
    };

    public static string Missing(long message) => $"There is no message {CommandRun.Shown(message)} in the queue";

    public static object Json(RelayEntry entry) => new
    {
        Id = entry.Message,
        entry.QueuedAt,
        Account = entry.PrimaryAddress,
        Kind = Name(entry.Kind),
        entry.Sender,
        entry.Recipient,
        entry.Size,
        Sending = entry.IsSending,
        entry.Attempts,
        entry.NextAttempt,
        entry.ExpiresAt,
        LastReply = entry.LastReply?.ToString(),
        Host = entry.LastReply?.Host,
    };
}
