using System.Buffers;
using System.Text;
using Sora.Contracts;
using Sora.Gateway.ManageSieve.Responses;
using Sora.Gateway.ManageSieve.Wire;
using Sora.Gateway.Sasl;

namespace Sora.Gateway.ManageSieve.Commands;

/// <summary>AUTHENTICATE (RFC 5804 section 2.1). Mechanism: PLAIN.</summary>
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
        if (mechanism != "PLAIN")
            return ManageSieveReply.No("The mechanism is not supported", TooWeak.Contains(mechanism) ? ResponseCode.AuthTooWeak : null);
        if (!connection.MayAuthenticate)
            return ManageSieveReply.No("Use TLS before you send a password", ResponseCode.EncryptNeeded);
        var response = initialResponse;
        if (response is null)
        {
            connection.Output.Write("\"\"\r\n"u8);
            (response, var refusal) = await connection.ReadStringAsync();
            if (response is null)
                return refusal;
        }

        if (SaslResponse.IsCancel(response))
            return ManageSieveReply.No("AUTHENTICATE is cancelled");
        if (!SaslResponse.TryDecode(response, out var decoded))
            return ManageSieveReply.No("The response is not base64");
        return PlainMessage.TryParse(decoded, out var plain)
            ? await LogInAsync(connection, plain, cancellationToken)
            : ManageSieveReply.No("The response is not a PLAIN message");
    }

    private static async ValueTask<ManageSieveReply?> LogInAsync(ManageSieveConnection connection, PlainMessage plain, CancellationToken cancellationToken)
    {
        var server = connection.Server;
        var identity = await PasswordLogin.CheckAsync(server.Accounts, plain, server.Options.AuthFailureDelay, server.Time, cancellationToken);
        if (identity.IsOk)
        {
            connection.LogIn(identity.Value);
            Log.LoggedIn(server.Logger, identity.Value.Account, connection.Client.Remote.Address, connection.Client.Id);
            return ManageSieveReply.Ok("Logged in");
        }

        Log.LoginRefused(server.Logger, connection.Client.Remote.Address, identity.Error.Code, connection.Client.Id);
        if (identity.Error.Code != MailErrorCode.AuthenticationFailed || ++connection.AuthFailures < server.Options.MaxAuthFailures)
            return ManageSieveReply.No(identity.Error);
        connection.End("Too many failed authentication attempts");
        return null;
    }
}
