using Sora.Gateway.Imap.Listing;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>LSUB (RFC 3501 section 6.3.9).</summary>
internal sealed class LsubCommand(string reference, string pattern) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var reference = parser.MailboxReference();
        parser.Space();
        return new LsubCommand(reference, parser.ListMailbox());
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        if (pattern.Length == 0)
        {
            ListResponse.WriteRoot(connection.Writer, isLsub: true);
            return ImapReply.Ok("LSUB completed");
        }

        var list = await connection.Directory.ListAsync(cancellationToken).ConfigureAwait(false);
        foreach (var mailbox in MailboxListing.Lsub(list, new MailboxPattern(reference, pattern)))
        {
            ListResponse.Write(connection.Writer, mailbox.Attributes, mailbox.Name.Value, extended: null, isLsub: true);
            if (connection.Writer.ShouldFlush)
                await connection.Writer.FlushAsync().ConfigureAwait(false);
        }

        return ImapReply.Ok("LSUB completed");
    }
}
