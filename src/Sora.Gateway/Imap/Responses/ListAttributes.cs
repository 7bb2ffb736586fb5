using Sora.Contracts;

namespace Sora.Gateway.Imap.Responses;

/// <summary>Mailbox attributes of LIST (RFC 9051 section 7.3.1, RFC 6154, RFC 8457).</summary>
[Flags]
internal enum MailboxAttributes
{
    None = 0,
    NonExistent = 1,
    NoSelect = 2,
    HasChildren = 4,
    HasNoChildren = 8,
    Subscribed = 16,
    Use = 32,

    /// <summary>The user may know of the mailbox but not open it (RFC 5465 section 3.1).</summary>
    NoAccess = 64,
}

/// <param name="Use">Written when <see cref="MailboxAttributes.Use"/> is set.</param>
internal readonly record struct ListAttributes(MailboxAttributes Flags, SpecialUse Use = SpecialUse.None)
{
    private static readonly (SpecialUse Use, string Name)[] Uses =
    [
        (SpecialUse.All, "All"), (SpecialUse.Archive, "Archive"), (SpecialUse.Drafts, "Drafts"), (SpecialUse.Flagged, "Flagged"),
        (SpecialUse.Junk, "Junk"), (SpecialUse.Sent, "Sent"), (SpecialUse.Trash, "Trash"), (SpecialUse.Important, "Important"),
    ];

    /// <summary>What a plain LIST says of a mailbox: its children and its special use.</summary>
    public static ListAttributes Of(MailboxEntry entry, MailboxList list) => new(
        (list.HasChildren(entry.Name) ? MailboxAttributes.HasChildren : MailboxAttributes.HasNoChildren) | MailboxAttributes.Use,
        entry.SpecialUse);

    /// <summary>The special use with that name in capitals, without the backslash; null for others.</summary>
    public static SpecialUse? UseOf(string name)
    {
        foreach (var (use, known) in Uses)
        {
            if (known.Equals(name, StringComparison.OrdinalIgnoreCase))
                return use;
        }

        return null;
    }

    public static string NameOf(SpecialUse use) => Array.Find(Uses, row => row.Use == use).Name;

    public ListAttributes With(MailboxAttributes flags) => this with { Flags = Flags | flags };
}
