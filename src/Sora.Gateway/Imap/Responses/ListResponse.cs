using Sora.Contracts;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Responses;

/// <summary>LIST and LSUB responses (RFC 9051 section 7.3.1, RFC 3501 section 7.2.3).</summary>
internal static class ListResponse
{
    /// <param name="extended">CHILDINFO: which selection options the children meet; null for none.</param>
    /// <param name="oldName">OLDNAME: the name before a rename (RFC 5465 section 5.4); null for none.</param>
    public static void Write(ImapWriter writer, ListAttributes attributes, string name, string? extended, bool isLsub = false, string? oldName = null)
    {
        writer.Raw(isLsub ? "* LSUB ("u8 : "* LIST ("u8);
        var first = true;
        var flags = attributes.Flags;
        if (flags.HasFlag(MailboxAttributes.NonExistent))
            Attribute("NonExistent");
        if (flags.HasFlag(MailboxAttributes.NoSelect))
            Attribute("Noselect");
        if (flags.HasFlag(MailboxAttributes.NoAccess))
            Attribute("NoAccess");
        if (flags.HasFlag(MailboxAttributes.HasChildren))
            Attribute("HasChildren");
        if (flags.HasFlag(MailboxAttributes.HasNoChildren))
            Attribute("HasNoChildren");
        if (flags.HasFlag(MailboxAttributes.Subscribed))
            Attribute("Subscribed");
        if (flags.HasFlag(MailboxAttributes.Use) && attributes.Use != SpecialUse.None)
            Attribute(ListAttributes.NameOf(attributes.Use));
        writer.Raw(") \"/\" "u8);
        writer.Mailbox(name);
        if (extended is not null)
        {
            writer.Raw(" (\"CHILDINFO\" (\""u8);
            writer.Text(extended);
            writer.Raw("\"))"u8);
        }

        if (oldName is not null)
        {
            writer.Raw(" (\"OLDNAME\" ("u8);
            writer.Mailbox(oldName);
            writer.Raw("))"u8);
        }

        writer.Crlf();

        void Attribute(string attribute)
        {
            writer.Raw(first ? "\\"u8 : " \\"u8);
            writer.Text(attribute);
            first = false;
        }
    }

    /// <summary>The answer to an empty pattern: the separator and the root (RFC 9051 section 6.3.9).</summary>
    public static void WriteRoot(ImapWriter writer, bool isLsub) =>
        writer.Raw(isLsub ? "* LSUB (\\Noselect) \"/\" \"\"\r\n"u8 : "* LIST (\\Noselect) \"/\" \"\"\r\n"u8);
}
