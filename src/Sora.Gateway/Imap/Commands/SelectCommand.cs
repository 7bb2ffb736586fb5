using Sora.Contracts;
using Sora.Gateway.Imap.Fetch;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Resync;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>SELECT and EXAMINE (RFC 9051 sections 6.3.2 and 6.3.3; parameters: RFC 7162 sections 3.1.8 and 3.2.5).</summary>
internal sealed class SelectCommand(MailboxName name, string supplied, bool readOnly, bool condStore, QResyncParameter? qresync) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context) => Parse(ref parser, readOnly: false);

    public static ImapCommand ParseExamine(ref ImapParser parser, ParseContext context) => Parse(ref parser, readOnly: true);

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        if (qresync is not null && !connection.Session.QResync)
            return ImapReply.Bad("ENABLE QRESYNC comes first");

        // Whatever comes of it, the mailbox selected so far is closed.
        if (connection.Session.Selected is not null)
        {
            connection.Deselect();
            ImapReply.Ok("Previous mailbox is closed", ResponseCode.Closed).WriteUntagged(connection.Writer);
        }

        var found = await connection.Directory.FindAsync(name, Rights.Read, cancellationToken).ConfigureAwait(false);
        if (!found.IsOk)
            return ImapReply.No(found.Error);
        var target = found.Value;
        var opened = await connection.Server.Replicas.OpenAsync(target.Id, cancellationToken).ConfigureAwait(false);
        if (!opened.IsOk)
            return ImapReply.No(opened.Error);
        var selected = new SelectedMailbox(target, opened.Value, isExamined: readOnly, tracksRecent: !connection.Session.Rev2);
        connection.Session.Selected = selected;
        connection.Session.CondStore |= condStore;
        await selected.ClaimRecentAsync(cancellationToken).ConfigureAwait(false);
        Describe(connection, selected);
        if (connection.Session.Rev2)
        {
            var list = await connection.Directory.ListAsync(cancellationToken).ConfigureAwait(false);
            var entry = target.Entry with { Name = target.Name, SpecialUse = target.IsOwn ? target.Entry.SpecialUse : SpecialUse.None };

            // Who wrote "inbox" is told that this is INBOX (RFC 9051 section 6.3.2, example in section 8)
            var oldName = supplied == target.Name.Value ? null : supplied;
            ListResponse.Write(connection.Writer, ListAttributes.Of(entry, list), target.Name.Value, extended: null, oldName: oldName);
        }

        if (qresync is not null && await ResynchronizeAsync(connection, selected, cancellationToken).ConfigureAwait(false) is { } failure)
        {
            connection.Deselect();
            return ImapReply.No(failure);
        }

        return ImapReply.Ok(readOnly ? "EXAMINE completed" : "SELECT completed", selected.IsReadOnly ? ResponseCode.ReadOnly : ResponseCode.ReadWrite);
    }

    // Expunges first, then flags: the FETCH responses already count without the expunged messages.
    private async ValueTask<MailError?> ResynchronizeAsync(ImapConnection connection, SelectedMailbox selected, CancellationToken cancellationToken)
    {
        var view = selected.View;
        if (qresync!.UidValidity != view.UidValidity || view.UidNext.Value == 1)
            return null;
        var known = qresync.KnownUids?.ResolveGiven(view.UidNext) ?? UidSet.Range(1, view.UidNext.Value - 1);
        var vanished = await VanishedEarlier.FindAsync(selected, known, qresync.ModSeq, cancellationToken).ConfigureAwait(false);
        if (!vanished.IsOk)
            return vanished.Error;
        var told = vanished.Value;
        if (qresync.Match?.KnownUpTo(view) is > 0 and var upTo)
            told = told.Except(UidSet.Range(1, upTo));
        await MailboxResponses.WriteVanishedAsync(connection.Writer, told, earlier: true).ConfigureAwait(false);
        var uidOnly = connection.Session.UidOnly;
        var scan = new FlagScan(connection, view, withUid: !uidOnly, withFlags: true, withModSeq: true, qresync.ModSeq);
        await scan.WriteAsync(known).ConfigureAwait(false);
        return null;
    }

    private static void Describe(ImapConnection connection, SelectedMailbox selected)
    {
        var writer = connection.Writer;
        var view = selected.View;
        MailboxResponses.WriteFlags(writer, view.Keywords, selected.FlagRights);
        MailboxResponses.WriteExists(writer, view.Count);
        if (!connection.Session.Rev2)
        {
            MailboxResponses.WriteRecent(writer, selected.RecentCount());
            if (!connection.Session.UidOnly && FirstUnseen(view) is var unseen and > 0)
                WriteCode(writer, "UNSEEN "u8, unseen, "First unseen message"u8);
        }

        WriteCode(writer, "UIDVALIDITY "u8, view.UidValidity.Value, "UIDs are valid"u8);
        WriteCode(writer, "UIDNEXT "u8, view.UidNext.Value, "Predicted next UID"u8);
        ImapReply.Ok("Highest", new HighestModSeqCode(view.HighestModSeq)).WriteUntagged(writer);
        ImapReply.Ok("Stays through RENAME", new MailboxIdCode(selected.Id)).WriteUntagged(writer);
    }

    private static void WriteCode(ImapWriter writer, ReadOnlySpan<byte> code, long value, ReadOnlySpan<byte> text)
    {
        writer.Raw("* OK ["u8);
        writer.Raw(code);
        writer.Number(value);
        writer.Raw("] "u8);
        writer.Raw(text);
        writer.Crlf();
    }

    private static int FirstUnseen(MailboxIndex view)
    {
        if (view.Totals.Unseen == 0)
            return 0;
        for (var chunk = 0; chunk < view.ChunkCount; chunk++)
        {
            var columns = view.Columns(chunk);
            for (var row = 0; row < columns.Flags.Length; row++)
            {
                if ((columns.Flags[row] & FlagMask.Seen) == 0)
                    return columns.FirstPosition + row + 1;
            }
        }

        return 0;
    }

    private static SelectCommand Parse(ref ImapParser parser, bool readOnly)
    {
        parser.Space();
        var name = parser.Mailbox(out var supplied);
        var condStore = false;
        QResyncParameter? qresync = null;
        if (parser.TrySpace())
        {
            parser.Open();
            do
            {
                if (parser.TryKeyword("CONDSTORE"u8))
                    condStore = true;
                else if (qresync is null && parser.TryKeyword("QRESYNC"u8))
                    qresync = QResyncParameter.Parse(ref parser);
                else
                    throw parser.Error("CONDSTORE or QRESYNC");
            }
            while (parser.TrySpace());
            parser.Close();
        }

        return new SelectCommand(name, supplied, readOnly, condStore, qresync);
    }
}
