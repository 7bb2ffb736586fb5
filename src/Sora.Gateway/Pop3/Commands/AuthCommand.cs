using System.Text;
using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Pop3.Wire;
using Sora.Gateway.Sasl;

namespace Sora.Gateway.Pop3.Commands;

/// <summary>AUTH (RFC 5034 section 4), and AUTH alone, which lists the mechanisms as older clients expect it.</summary>
/// <param name="mechanism">In capitals; null for the list.</param>
/// <param name="initialResponse">In base64, or null.</param>
internal sealed class AuthCommand(string? mechanism, byte[]? initialResponse) : Pop3Command
{
    /// <summary>What CAPA says of SASL, with spaces between.</summary>
    public const string Mechanisms = "PLAIN";

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
                connection.Output.Line(Mechanisms);
            connection.Output.EndOfLines();
            return null;
        }

        if (mechanism != Mechanisms)
            return Pop3Reply.Error("The mechanism is not supported");
        if (!connection.MayAuthenticate)
            return LogIn.NeedsTls;
        var response = initialResponse;
        if (response is null)
        {
            connection.Output.Raw("+ \r\n"u8);
            (response, var refusal) = await connection.ReadLineAsync();
            if (response is null)
                return refusal;
            if (SaslResponse.IsCancel(response))
                return Pop3Reply.Error("AUTH is cancelled");
        }
        else if (response is [(byte)'='])
        {
            response = []; // RFC 5034 section 4: an initial response of no octets
        }

        if (!SaslResponse.TryDecode(response, out var decoded))
            return Pop3Reply.Error("The response is not base64");
        if (!PlainMessage.TryParse(decoded, out var plain))
            return Pop3Reply.Error("The response is not a PLAIN message");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(connection.Server.Options.CommandTimeout);
        var server = connection.Server;
        var identity = await PasswordLogin.CheckAsync(server.Accounts, plain, server.Options.AuthFailureDelay, server.Time, limit.Token);
        return await LogIn.RunAsync(connection, identity, limit.Token);
    }
}
