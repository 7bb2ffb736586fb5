using System.Text;
using Sora.Contracts;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Responses;

/// <summary>ACL, LISTRIGHTS and MYRIGHTS responses (RFC 4314 sections 3.6 to 3.8).</summary>
internal static class AclResponses
{
    public static void WriteAcl(ImapWriter writer, MailboxName name, AccessList list)
    {
        writer.Raw("* ACL "u8);
        writer.Mailbox(name.Value);
        if (list.Owner is { } owner)
            WriteEntry(writer, owner, Rights.All);
        foreach (var entry in list.Entries)
            WriteEntry(writer, entry.IsNegative ? "-" + entry.Identifier : entry.Identifier, entry.Rights);
        writer.Crlf();
    }

    /// <param name="isOwner">All rights are granted always, so there is nothing left to be granted.</param>
    public static void WriteListRights(ImapWriter writer, MailboxName name, byte[] identifier, bool isOwner)
    {
        writer.Raw("* LISTRIGHTS "u8);
        writer.Mailbox(name.Value);
        writer.Space();
        writer.AString(identifier);
        writer.Space();
        WriteRights(writer, isOwner ? Rights.All : Rights.None);
        if (!isOwner)
        {
            foreach (var letter in RightsText.Grantable)
            {
                writer.Space();
                writer.Raw([(byte)letter]);
            }
        }

        writer.Crlf();
    }

    public static void WriteMyRights(ImapWriter writer, MailboxName name, Rights rights)
    {
        writer.Raw("* MYRIGHTS "u8);
        writer.Mailbox(name.Value);
        writer.Space();
        WriteRights(writer, rights);
        writer.Crlf();
    }

    private static void WriteEntry(ImapWriter writer, string identifier, Rights rights)
    {
        writer.Space();
        writer.AString(Encoding.UTF8.GetBytes(identifier));
        writer.Space();
        WriteRights(writer, rights);
    }

    private static void WriteRights(ImapWriter writer, Rights rights) => writer.AString(Encoding.ASCII.GetBytes(RightsText.Format(rights)));
}
