using Sora.Gateway.Imap.Metadata;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>ENABLE (RFC 9051 section 6.3.1). Names it does not know are ignored, and so are those that are enabled already.</summary>
internal sealed class EnableCommand(List<string> capabilities) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        var names = new List<string>();
        do
        {
            parser.Space();
            names.Add(parser.Atom("a capability"));
        }
        while (!parser.AtEnd);
        return new EnableCommand(names);
    }

    public override ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        capabilities.RemoveAll(connection.IsDisabled);
        var session = connection.Session;
        var rev2 = capabilities.Contains("IMAP4REV2") && !session.Rev2;
        var condStore = capabilities.Contains("CONDSTORE") && !session.CondStore;
        var qresync = capabilities.Contains("QRESYNC") && !session.QResync;
        var uidOnly = capabilities.Contains("UIDONLY") && !session.UidOnly;
        var utf8 = capabilities.Contains("UTF8=ACCEPT") && !session.Utf8Accept;
        connection.Writer.Raw("* ENABLED"u8);
        if (rev2)
            connection.Writer.Raw(" IMAP4rev2"u8);
        if (condStore)
            connection.Writer.Raw(" CONDSTORE"u8);
        if (qresync)
            connection.Writer.Raw(" QRESYNC"u8);
        if (uidOnly)
            connection.Writer.Raw(" UIDONLY"u8);
        if (utf8)
            connection.Writer.Raw(" UTF8=ACCEPT"u8);
        EnableMetadata(connection);
        connection.Writer.Crlf();
        if (utf8)
            connection.EnableUtf8();
        if (rev2)
            connection.EnableRev2();
        session.QResync |= qresync;
        session.UidOnly |= uidOnly;
        if (condStore || qresync)
            connection.EnableCondStore(); // QRESYNC is a CONDSTORE enabling command too (RFC 7162 section 3.2.3)
        return new(ImapReply.Ok("ENABLE completed"));
    }

    // RFC 5464 section 4.1: from now on the client hears of what others change
    private void EnableMetadata(ImapConnection connection)
    {
        var ofMailboxes = capabilities.Contains("METADATA");
        var ofServer = capabilities.Contains("METADATA-SERVER");
        if (!ofMailboxes && !ofServer)
            return;
        var news = connection.Session.MetadataNews ??= new MetadataNews(connection);
        if (ofMailboxes && !news.OfMailboxes)
            connection.Writer.Raw(" METADATA"u8);
        if (ofServer && !news.OfServer)
            connection.Writer.Raw(" METADATA-SERVER"u8);
        news.OfMailboxes |= ofMailboxes;
        news.OfServer |= ofServer || ofMailboxes; // METADATA is both kinds
    }
}
