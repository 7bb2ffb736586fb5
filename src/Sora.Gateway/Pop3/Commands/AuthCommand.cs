using System.Text;
using Sora.Gateway.Connections;
using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Pop3.Wire;
using Sora.Gateway.Sasl;

namespace Sora.Gateway.Pop3.Commands;

/// <summary>AUTH (RFC 5034 section 4), and AUTH alone, which lists the mechanisms as older clients expect it.</summary>
/// <param name="mechanism">In capitals; null for the list.</param>
/// <param name="initialResponse">In base64, or null.</param>
internal sealed class AuthCommand(string? mechanism, byte[]? initialResponse) : Pop3Command
{
    public static Pop3Command Parse(ref Pop3Arguments arguments)
    {
        if (arguments.IsAtEnd)
            return new AuthCommand(null, null);
        var mechanism = Encoding.Latin1.GetString(arguments.Word()).ToUpperInvariant();
        return new AuthCommand(mechanism, arguments.IsAtEnd ? null : arguments.Word().ToArray());
    }

    public override async ValueTask<Pop3Reply?> ExecuteAsync(Pop3Connection connection, CancellationToken cancellationToken)
    {
        if (mechanism is null)
        {
            Pop3Reply.Ok("mechanisms follow").Write(connection.Output);
            if (connection.MayAuthenticate)
            {
                foreach (var name in connection.Mechanisms)
                    connection.Output.Line(name);
            }

            connection.Output.EndOfLines();
            return null;
        }

        var server = connection.Server;
        var exchange = server.Sasl.Create(mechanism, connection.Client, connection.Scram, server.Options.AuthFailureDelay);
        if (exchange is null)
            return Pop3Reply.Error("The mechanism is not supported");
        if (!connection.MayAuthenticate)
        {
            connection.Client.NoteRefusal("tls_required");
            return LogIn.NeedsTls;
        }


        // "=" is an initial response of no octets
        var channel = new Channel(connection);
        var outcome = await SaslExchange.RunAsync(exchange, channel, initialResponse is [(byte)'='] ? [] : initialResponse, cancellationToken);
        switch (outcome.End)
        {
            case SaslEnd.Succeeded:
            case SaslEnd.Refused:
                return await LogIn.RunAsync(
                    connection, outcome.Succeeded ? outcome.Identity : outcome.Error!, outcome.Expires, connection.Limit.Start(waitsForClient: false));
            case SaslEnd.Cancelled:
                return Pop3Reply.Error("AUTH is cancelled");
            case SaslEnd.Malformed:
                return channel.Refusal ?? Pop3Reply.Error(outcome.Text);
            default:
                return null;
        }
    }

    /// <summary>A challenge is "+ " and base64, and so is the line that answers it, without the "+ " (RFC 5034 section 4).</summary>
    private sealed class Channel(Pop3Connection connection) : ISaslChannel
    {
        public ClientConnection Client => connection.Client;

        public bool SuccessCarriesData => false;

        /// <summary>What to say of a response that was none.</summary>
        public Pop3Reply? Refusal { get; private set; }

        public async ValueTask<SaslAnswer> AskAsync(ReadOnlyMemory<byte> challenge, CancellationToken cancellationToken)
        {
            connection.Output.Raw("+ "u8);
            connection.Output.Raw(SaslResponse.Encode(challenge.Span));
            connection.Output.Raw("\r\n"u8);
            (var line, Refusal) = await connection.ReadLineAsync();
            return line is not null ? SaslAnswer.Response(line)
                : SaslAnswer.None(Refusal is null ? SaslAnswerStatus.SessionEnded : SaslAnswerStatus.TooLong);
        }
    }
}
