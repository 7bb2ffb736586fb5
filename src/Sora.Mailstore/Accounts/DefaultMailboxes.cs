using Sora.Contracts;

namespace Sora.Mailstore.Accounts;

/// <summary>The mailboxes that a new account has and is subscribed to.</summary>
internal static class DefaultMailboxes
{
    public static readonly string[] Names = ["INBOX", "Sent", "Drafts", "Archive", "Junk", "Trash"];

    /// <summary>The special use of each of <see cref="Names"/>.</summary>
    public static readonly short[] Uses =
    [
        (short)SpecialUse.None, (short)SpecialUse.Sent, (short)SpecialUse.Drafts, (short)SpecialUse.Archive, (short)SpecialUse.Junk,
        (short)SpecialUse.Trash,
    ];
}
