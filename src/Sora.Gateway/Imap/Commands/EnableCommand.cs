using Sora.Gateway.Imap.Metadata;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>ENABLE (RFC 9051 section 6.3.1). Names it does not know are ignored.</summary>
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
        var rev2 = capabilities.Contains("IMAP4REV2") && !connection.Session.Rev2;
        var condStore = capabilities.Contains("CONDSTORE") && !connection.Session.CondStore;
        connection.Writer.Raw("* ENABLED"u8);
        if (rev2)
            connection.Writer.Raw(" IMAP4rev2"u8);
        if (condStore)
            connection.Writer.Raw(" CONDSTORE"u8);
        EnableMetadata(connection);
        connection.Writer.Crlf();
        if (rev2)
            connection.EnableRev2();
        if (condStore)
            connection.EnableCondStore();
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
