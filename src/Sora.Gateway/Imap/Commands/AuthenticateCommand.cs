using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;
using Sora.Gateway.Sasl;

namespace Sora.Gateway.Imap.Commands;

/// <summary>AUTHENTICATE (RFC 9051 section 6.2.2) with the initial response of RFC 4959.</summary>
internal sealed class AuthenticateCommand(string mechanism, byte[]? initialResponse) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var mechanism = parser.Atom("a mechanism").ToUpperInvariant();
        return new AuthenticateCommand(mechanism, parser.TrySpace() ? parser.AtomSpan("an initial response").ToArray() : null);
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var server = connection.Server;
        var exchange = connection.IsDisabled("AUTH=" + mechanism)
            ? null
            : server.Sasl.Create(mechanism, connection.Client, connection.Scram, server.Options.AuthFailureDelay);
        if (exchange is null)
            return ImapReply.No("Mechanism is not supported", ResponseCode.Of(MailErrorCode.Cannot));
        if (!connection.MayAuthenticate)
        {
            connection.Client.NoteRefusal("tls_required");
            return ImapReply.No(LoginCommand.NeedsTls);
        }


        // "=" is an empty initial response
        var outcome = await SaslExchange.RunAsync(
            exchange, new Channel(connection), initialResponse is [(byte)'='] ? [] : initialResponse, cancellationToken).ConfigureAwait(false);
        return outcome.End switch
        {
            SaslEnd.Succeeded => LoginCommand.LogIn(connection, outcome.Identity!, outcome.Expires),
            SaslEnd.Refused => LoginCommand.Refuse(connection, outcome.Error!),
            SaslEnd.Cancelled => ImapReply.Bad("AUTHENTICATE cancelled"),
            SaslEnd.Malformed => ImapReply.Bad(outcome.Text),
            _ => ImapReply.Answered,
        };
    }

    /// <summary>continue-req and the base64 line that answers it (RFC 9051 section 9, authenticate).</summary>
    private sealed class Channel(ImapConnection connection) : ISaslChannel
    {
        public ClientConnection Client => connection.Client;

        public bool SuccessCarriesData => false;

        public async ValueTask<SaslAnswer> AskAsync(ReadOnlyMemory<byte> challenge, CancellationToken cancellationToken)
        {
            connection.Writer.Raw("+ "u8);
            if (!challenge.IsEmpty)
                connection.Writer.Raw(SaslResponse.Encode(challenge.Span));
            connection.Writer.Crlf();
            var (status, line) = await connection.ReadLineAsync().ConfigureAwait(false);
            return status switch
            {
                ReadStatus.Command => SaslAnswer.Response(line),
                ReadStatus.TooLong => SaslAnswer.None(SaslAnswerStatus.TooLong),
                _ => SaslAnswer.None(SaslAnswerStatus.SessionEnded),
            };
        }
    }
}
