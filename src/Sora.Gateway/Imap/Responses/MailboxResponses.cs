using Sora.Contracts;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Responses;

/// <summary>The untagged responses about the selected mailbox (RFC 9051 sections 7.3 and 7.5).</summary>
internal static class MailboxResponses
{
    private const int MaxVanishedRanges = 1000;

    public static void WriteExists(ImapWriter writer, int count) => WriteNumbered(writer, count, " EXISTS\r\n"u8);

    public static void WriteRecent(ImapWriter writer, int count) => WriteNumbered(writer, count, " RECENT\r\n"u8);

    public static void WriteExpunge(ImapWriter writer, int number) => WriteNumbered(writer, number, " EXPUNGE\r\n"u8);

    /// <summary>
    /// VANISHED (RFC 7162 section 3.2.10): expunges by UID. With <paramref name="earlier"/> they were expunged before the client's messages were
    /// counted. A long set comes in several responses, so that none is larger than what is sent at once.
    /// </summary>
    public static async ValueTask WriteVanishedAsync(ImapWriter writer, UidSet uids, bool earlier)
    {
        for (var from = 0; from < uids.Ranges.Length; from += MaxVanishedRanges)
        {
            writer.Raw(earlier ? "* VANISHED (EARLIER) "u8 : "* VANISHED "u8);
            writer.Set(UidSet.Of(uids.Ranges.Slice(from, Math.Min(MaxVanishedRanges, uids.Ranges.Length - from))));
            writer.Crlf();
            if (writer.ShouldFlush)
                await writer.FlushAsync().ConfigureAwait(false);
        }
    }

    /// <summary>An unsolicited METADATA response (RFC 5464 section 4.4.2): names of entries, without their values. No name stands for the server.</summary>
    public static void WriteMetadataChange(ImapWriter writer, string mailbox, IEnumerable<string> entries)
    {
        writer.Raw("* METADATA "u8);
        writer.Mailbox(mailbox);
        foreach (var entry in entries)
        {
            writer.Space();
            writer.AString(System.Text.Encoding.UTF8.GetBytes(entry));
        }

        writer.Crlf();
    }

    /// <summary>FLAGS and PERMANENTFLAGS: the system flags and the mailbox's keywords, and those of them that may be changed (RFC 4314 section 5.1.1).</summary>
    public static void WriteFlags(ImapWriter writer, KeywordTable keywords, Rights rights)
    {
        writer.Raw("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft"u8);
        WriteKeywords(writer, keywords);
        writer.Raw(")\r\n* OK [PERMANENTFLAGS ("u8);
        var writes = (rights & Rights.Write) != Rights.None;
        var first = true;
        Flag(writes, "\\Answered"u8);
        Flag(writes, "\\Flagged"u8);
        Flag((rights & Rights.DeleteMessages) != Rights.None, "\\Deleted"u8);
        Flag((rights & Rights.KeepSeen) != Rights.None, "\\Seen"u8);
        Flag(writes, "\\Draft"u8);
        if (writes && WriteKeywords(writer, keywords) < FlagMask.MaxKeywords)
            writer.Raw(" \\*"u8);
        writer.Raw((rights & Rights.AnyFlag) == Rights.None ? ")] Nothing can be changed\r\n"u8 : ")] Flags that are kept\r\n"u8);

        void Flag(bool isSettable, ReadOnlySpan<byte> name)
        {
            if (!isSettable)
                return;
            if (!first)
                writer.Space();
            writer.Raw(name);
            first = false;
        }
    }

    /// <summary>An unsolicited FETCH with a message's flags; UID and MODSEQ for those clients that want them.</summary>
    public static void WriteFlagUpdate(ImapConnection connection, int number, RowReader row, KeywordTable keywords, bool withFlags)
    {
        var session = connection.Session;
        if (session.CondStore)
            connection.ModSeqTold(row.ModSeq);
        FlagFetch.Write(
            connection.Writer.Output,
            number,
            row.Uid,
            row.ModSeq,
            row.Flags,
            keywords,
            withUid: !session.UidOnly && (session.Rev2 || session.CondStore || session.Notify is not null),
            withFlags,
            withModSeq: session.CondStore,
            isRecent: session.Selected!.TracksRecent && session.Selected.Recent.Contains(row.Uid),
            session.UidOnly);
    }

    private static int WriteKeywords(ImapWriter writer, KeywordTable keywords)
    {
        var used = 0;
        for (var slot = 0; slot < keywords.SlotCount; slot++)
        {
            if (keywords[slot].Length == 0)
                continue;
            used++;
            writer.Space();
            writer.Text(keywords[slot]);
        }

        return used;
    }

    private static void WriteNumbered(ImapWriter writer, int number, ReadOnlySpan<byte> rest)
    {
        writer.Raw("* "u8);
        writer.Number(number);
        writer.Raw(rest);
    }
}
