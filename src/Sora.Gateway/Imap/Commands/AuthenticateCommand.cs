using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;
using Sora.Gateway.Sasl;

namespace Sora.Gateway.Imap.Commands;

/// <summary>AUTHENTICATE (RFC 9051 section 6.2.2) with the initial response of RFC 4959. Mechanism: PLAIN.</summary>
internal sealed class AuthenticateCommand(string mechanism, byte[]? initialResponse) : ImapCommand
{
    private static readonly MailError NeedsTls = new(MailErrorCode.PrivacyRequired, "Use TLS before you send a password");

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var mechanism = parser.Atom("a mechanism");
        return new AuthenticateCommand(mechanism, parser.TrySpace() ? parser.AtomSpan("an initial response").ToArray() : null);
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        if (mechanism != "PLAIN" || connection.IsDisabled("AUTH=PLAIN"))
            return ImapReply.No("Mechanism is not supported", ResponseCode.Of(MailErrorCode.Cannot));
        if (!connection.MayAuthenticate)
            return ImapReply.No(NeedsTls);
        var response = initialResponse;
        if (response is null)
        {
            connection.Writer.Raw("+ \r\n"u8);
            var (status, line) = await connection.ReadLineAsync().ConfigureAwait(false);
            if (status == ReadStatus.TooLong)
                return ImapReply.Bad("Response is too long");
            if (status != ReadStatus.Command)
                return ImapReply.Answered;
            response = line;
        }

        if (SaslResponse.IsCancel(response))
            return ImapReply.Bad("AUTHENTICATE cancelled");

        // "=" is an empty initial response
        if (!SaslResponse.TryDecode(response is [(byte)'='] ? [] : response, out var decoded))
            return ImapReply.Bad("Response is not base64");
        if (!PlainMessage.TryParse(decoded, out var plain))
            return ImapReply.Bad("Response is not a PLAIN message");
        return plain.IsForOtherIdentity
            ? ImapReply.No("Acting for others is not allowed", ResponseCode.Of(MailErrorCode.AuthorizationFailed))
            : await LoginCommand.LogInAsync(connection, plain.AuthenticationId, plain.Password, cancellationToken).ConfigureAwait(false);
    }
}
