using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>
/// CLOSE (RFC 9051 section 6.4.1), which expunges without a word if that is allowed, and UNSELECT (section 6.4.2), which does not.
/// </summary>
internal sealed class CloseCommand(bool expunges) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context) => new CloseCommand(expunges: true);

    public static ImapCommand ParseUnselect(ref ImapParser parser, ParseContext context) => new CloseCommand(expunges: false);

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var selected = connection.Selected;
        if (expunges && selected.WhyNot(Rights.Expunge) is null)
        {
            var expunged = await selected.Mailbox.ExpungeAsync(new ExpungeRequest(OperationId.New(), UidSet.All), cancellationToken)
                .ConfigureAwait(false);
            if (!expunged.IsOk)
                return ImapReply.No(expunged.Error);
        }

        connection.Deselect();
        return ImapReply.Ok(expunges ? "CLOSE completed" : "UNSELECT completed");
    }
}
