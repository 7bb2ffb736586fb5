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
        var session = connection.Session;
        var rev2 = capabilities.Contains("IMAP4REV2") && !session.Rev2;
        var condStore = capabilities.Contains("CONDSTORE") && !session.CondStore;
        var qresync = capabilities.Contains("QRESYNC") && !session.QResync;
        var uidOnly = capabilities.Contains("UIDONLY") && !session.UidOnly;
        connection.Writer.Raw("* ENABLED"u8);
        if (rev2)
            connection.Writer.Raw(" IMAP4rev2"u8);
        if (condStore)
            connection.Writer.Raw(" CONDSTORE"u8);
        if (qresync)
            connection.Writer.Raw(" QRESYNC"u8);
        if (uidOnly)
            connection.Writer.Raw(" UIDONLY"u8);
        connection.Writer.Crlf();
        if (rev2)
            connection.EnableRev2();
        session.QResync |= qresync;
        session.UidOnly |= uidOnly;
        if (condStore || qresync)
            connection.EnableCondStore(); // QRESYNC is a CONDSTORE enabling command too (RFC 7162 section 3.2.3)
        return new(ImapReply.Ok("ENABLE completed"));
    }
}
