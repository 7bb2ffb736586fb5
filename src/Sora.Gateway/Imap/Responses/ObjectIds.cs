using System.Buffers;
using System.Globalization;
using Sora.Contracts;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Responses;

/// <summary>objectid of RFC 8474: a letter for what it names, then the number.</summary>
internal static class ObjectIds
{
    private const int ThreadLength = 17;

    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    public static void Write(ImapWriter writer, MailboxId mailbox) => Write(writer, "F"u8, mailbox.Value);

    public static void Write(ImapWriter writer, ContentId content) => Write(writer, "M"u8, content.Value);

    /// <summary>The content that an EMAILID names; null for one that Sora never gives. Ids differ by case (section 7).</summary>
    public static ContentId? ContentOf(string id) =>
        id is ['M', >= '1' and <= '9', ..] && long.TryParse(id.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new ContentId(number)
            : null;

    /// <summary>THREADID (docs/decisions/0017): of what the conversation's messages have in common, or of the only one when that is 0.</summary>
    public static void WriteThread(ImapWriter writer, ulong conversation, ContentId email)
    {
        if (conversation == 0)
        {
            Write(writer, "TM"u8, email.Value);
            return;
        }

        Span<byte> text = stackalloc byte[ThreadLength];
        text[0] = (byte)'T';
        conversation.TryFormat(text[1..], out _, "x16", CultureInfo.InvariantCulture);
        writer.Raw(text);
    }

    /// <summary>What a THREADID names: a conversation, else the content of a message without one; neither for an id that Sora never gives.</summary>
    public static (ulong Conversation, ContentId? Email) ThreadOf(string id)
    {
        if (id is ['T', 'M', ..])
            return (0, ContentOf(id[1..]));
        return id is ['T', ..] && id.Length == ThreadLength && !id.AsSpan(1).ContainsAnyExcept(LowerHex)
            ? (ulong.Parse(id.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), null)
            : default;
    }

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
