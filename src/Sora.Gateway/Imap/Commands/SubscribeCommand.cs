using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>SUBSCRIBE and UNSUBSCRIBE (RFC 9051 sections 6.3.7 and 6.3.8).</summary>
internal sealed class SubscribeCommand(MailboxName name, bool subscribed) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        return new SubscribeCommand(parser.Mailbox(), subscribed: true);
    }

    public static ImapCommand ParseUnsubscribe(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        return new SubscribeCommand(parser.Mailbox(), subscribed: false);
    }

    public override IReadOnlyList<MailboxName> ChangedNames => [name];

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var done = await connection.Directory.SubscribeAsync(name, subscribed, cancellationToken).ConfigureAwait(false);
        return done.IsOk ? ImapReply.Ok(subscribed ? "SUBSCRIBE completed" : "UNSUBSCRIBE completed") : ImapReply.No(done.Error);
    }
}
