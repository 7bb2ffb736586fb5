using System.Globalization;
using Sora.Contracts;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Responses;

/// <summary>objectid of RFC 8474: a letter for what it names, then the number.</summary>
internal static class ObjectIds
{
    public static void Write(ImapWriter writer, MailboxId mailbox) => Write(writer, "F"u8, mailbox.Value);

    public static void Write(ImapWriter writer, ContentId content) => Write(writer, "M"u8, content.Value);

    /// <summary>The content that an EMAILID names; null for one that Sora never gives. Ids differ by case (section 7).</summary>
    public static ContentId? ContentOf(string id) =>
        id is ['M', >= '1' and <= '9', ..] && long.TryParse(id.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new ContentId(number)
            : null;

    private static void Write(ImapWriter writer, ReadOnlySpan<byte> prefix, long number)
    {
        writer.Raw(prefix);
        writer.Number(number);
    }
}

/// <summary>MAILBOXID (RFC 8474 sections 4.1 and 4.2).</summary>
internal sealed record MailboxIdCode(MailboxId Mailbox) : ResponseCode
{
    public override void Write(ImapWriter writer)
    {
        writer.Raw("MAILBOXID ("u8);
        ObjectIds.Write(writer, Mailbox);
        writer.Raw(")"u8);
    }
}
