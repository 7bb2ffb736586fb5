using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>STARTTLS (RFC 9051 section 6.2.1). What was sent in the clear behind it is never run: it fails the handshake.</summary>
internal sealed class StartTlsCommand : ImapCommand
{
    private static readonly StartTlsCommand Instance = new();

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context) => Instance;

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var client = connection.Client;
        if (client.IsTls)
            return ImapReply.Bad("TLS is active already");
        if (!client.CanStartTls)
            return ImapReply.No("TLS is not available", ResponseCode.Of(MailErrorCode.Unavailable));
        ImapReply.Ok("Begin TLS negotiation now").Write(connection.Writer, connection.Tag);
        await connection.Writer.FlushAsync().ConfigureAwait(false);
        if (!await client.StartTlsAsync(cancellationToken).ConfigureAwait(false))
        {
            connection.Session.IsEnding = true;
            return ImapReply.Answered;
        }

        connection.Reader.Input = client.Input;
        connection.Writer.Output = client.Output;
        return ImapReply.Answered;
    }
}
