using Sora.Contracts;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Responses;

/// <summary>What STATUS can be asked for (RFC 9051 section 6.3.11, RFC 7162, RFC 7889, RFC 8438, RFC 8474, RFC 9208).</summary>
internal enum StatusItem
{
    Messages,
    Recent,
    UidNext,
    UidValidity,
    Unseen,
    Deleted,
    Size,
    HighestModSeq,
    AppendLimit,
    DeletedStorage,
    MailboxId,
}

/// <summary>A list of status items: how it is read and answered.</summary>
internal static class StatusItems
{
    /// <summary>"(" status-att *(SP status-att) ")".</summary>
    public static List<StatusItem> Parse(ref ImapParser parser)
    {
        var items = new List<StatusItem>();
        parser.Open();
        do
        {
            var item = parser.Atom("a status item") switch
            {
                "MESSAGES" => StatusItem.Messages,
                "RECENT" => StatusItem.Recent,
                "UIDNEXT" => StatusItem.UidNext,
                "UIDVALIDITY" => StatusItem.UidValidity,
                "UNSEEN" => StatusItem.Unseen,
                "DELETED" => StatusItem.Deleted,
                "SIZE" => StatusItem.Size,
                "HIGHESTMODSEQ" => StatusItem.HighestModSeq,
                "APPENDLIMIT" => StatusItem.AppendLimit,
                "DELETED-STORAGE" => StatusItem.DeletedStorage,
                "MAILBOXID" => StatusItem.MailboxId,
                _ => throw parser.Error("a status item"),
            };
            if (!items.Contains(item))
                items.Add(item);
        }
        while (parser.TrySpace());
        parser.Close();
        return items;
    }

    public static void Write(ImapConnection connection, string name, MailboxStatus status, List<StatusItem> items)
    {
        var writer = connection.Writer;
        writer.Raw("* STATUS "u8);
        writer.Mailbox(name);
        writer.Raw(" ("u8);
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0)
                writer.Space();
            switch (items[i])
            {
                case StatusItem.Messages:
                    Number("MESSAGES "u8, status.Totals.Messages);
                    break;
                case StatusItem.Recent:
                    Number("RECENT "u8, status.Recent);
                    break;
                case StatusItem.UidNext:
                    Number("UIDNEXT "u8, status.UidNext.Value);
                    break;
                case StatusItem.UidValidity:
                    Number("UIDVALIDITY "u8, status.UidValidity.Value);
                    break;
                case StatusItem.Unseen:
                    Number("UNSEEN "u8, status.Totals.Unseen);
                    break;
                case StatusItem.Deleted:
                    Number("DELETED "u8, status.Totals.Deleted);
                    break;
                case StatusItem.Size:
                    Number("SIZE "u8, status.Totals.Size);
                    break;
                case StatusItem.HighestModSeq:
                    writer.Raw("HIGHESTMODSEQ "u8);
                    writer.ModSeq(status.HighestModSeq);
                    break;
                case StatusItem.AppendLimit:
                    Number("APPENDLIMIT "u8, connection.Server.Options.AppendLimit.Bytes);
                    break;
                case StatusItem.DeletedStorage: // in bytes, as RFC 9208 section 4.1.4 compares it with RFC822.SIZE
                    Number("DELETED-STORAGE "u8, status.Totals.DeletedSize);
                    break;
                case StatusItem.MailboxId:
                    writer.Raw("MAILBOXID ("u8);
                    ObjectIds.Write(writer, status.Id);
                    writer.Raw(")"u8);
                    break;
            }
        }

        writer.Raw(")\r\n"u8);

        void Number(ReadOnlySpan<byte> item, long value)
        {
            writer.Raw(item);
            writer.Number(value);
        }
    }
}
