using System.Text;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.ManageSieve.Responses;
using Sora.Gateway.ManageSieve.Wire;
using Sora.Gateway.Sasl;

namespace Sora.Gateway.ManageSieve.Commands;

/// <summary>AUTHENTICATE (RFC 5804 section 2.1).</summary>
internal sealed class AuthenticateCommand(string mechanism, byte[]? initialResponse) : ManageSieveCommand
{
    // Mechanisms that clients may know, and that this server will not speak because they prove too little
    private static readonly HashSet<string> TooWeak = new(["ANONYMOUS", "CRAM-MD5", "DIGEST-MD5", "NTLM"], StringComparer.Ordinal);

    public static ManageSieveCommand Parse(ref ManageSieveParser parser)
    {
        parser.Space();
        var mechanism = Encoding.Latin1.GetString(parser.String()).ToUpperInvariant();
        return new AuthenticateCommand(mechanism, parser.TrySpace() ? parser.String() : null);
    }

    public override async ValueTask<ManageSieveReply?> ExecuteAsync(ManageSieveConnection connection, CancellationToken cancellationToken)
    {
        var server = connection.Server;
        var exchange = server.Sasl.Create(mechanism, connection.Client, connection.Scram, server.Options.AuthFailureDelay);
        if (exchange is null)
            return ManageSieveReply.No("The mechanism is not supported", TooWeak.Contains(mechanism) ? ResponseCode.AuthTooWeak : null);
        if (!connection.MayAuthenticate)
        {
            connection.Client.NoteRefusal("tls_required");
            return ManageSieveReply.No("Use TLS before you send a password", ResponseCode.EncryptNeeded);
        }

        var channel = new Channel(connection);
        var outcome = await SaslExchange.RunAsync(exchange, channel, initialResponse, cancellationToken);
        return outcome.End switch
        {
            SaslEnd.Succeeded => LogIn(connection, outcome),
            SaslEnd.Refused => Refuse(connection, outcome.Error!),
            SaslEnd.Cancelled => ManageSieveReply.No("AUTHENTICATE is cancelled"),
            SaslEnd.Malformed => channel.Refusal ?? ManageSieveReply.No(outcome.Text),
            _ => null,
        };
    }

    private static ManageSieveReply LogIn(ManageSieveConnection connection, SaslOutcome outcome)
    {
        if (connection.Client.TryLogIn(outcome.Identity!, outcome.Expires) is { } refusal)
            return ManageSieveReply.No(refusal.Text, ResponseCode.TryLater);
        connection.LogIn(outcome.Identity!);
        Log.LoggedIn(connection.Server.Logger, outcome.Identity!.Account, connection.Client.Remote.Address, connection.Client.Id);
        return outcome.SuccessData is { } data
            ? new ManageSieveReply(ReplyStatus.Ok, "Logged in", ResponseCode.Sasl, SaslResponse.Encode(data))
            : ManageSieveReply.Ok("Logged in");
    }

    private static ManageSieveReply? Refuse(ManageSieveConnection connection, MailError error)
    {
        Log.LoginRefused(connection.Server.Logger, connection.Client.Remote.Address, error.Code, connection.Client.Id);
        var reply = error.Code == MailErrorCode.Limit ? ManageSieveReply.No(error.Text, ResponseCode.TryLater) : ManageSieveReply.No(error);
        if (error.Code is not (MailErrorCode.AuthenticationFailed or MailErrorCode.Limit)
            || ++connection.AuthFailures < connection.Server.Options.MaxAuthFailures)
        {
            return reply;
        }

        connection.End("Too many failed authentication attempts");
        return null;
    }

    /// <summary>Challenges and responses are strings of base64, each on a line of its own (RFC 5804 section 2.1).</summary>
    private sealed class Channel(ManageSieveConnection connection) : ISaslChannel
    {
        public ClientConnection Client => connection.Client;

        public bool SuccessCarriesData => true;

        /// <summary>What to say of a response that was none.</summary>
        public ManageSieveReply? Refusal { get; private set; }

        public async ValueTask<SaslAnswer> AskAsync(ReadOnlyMemory<byte> challenge, CancellationToken cancellationToken)
        {
            connection.Output.String(SaslResponse.Encode(challenge.Span));
            connection.Output.Crlf();
            (var response, Refusal) = await connection.ReadStringAsync();
            return response is not null ? SaslAnswer.Response(response)
                : SaslAnswer.None(Refusal is null ? SaslAnswerStatus.SessionEnded : SaslAnswerStatus.Malformed);
        }
    }
}
