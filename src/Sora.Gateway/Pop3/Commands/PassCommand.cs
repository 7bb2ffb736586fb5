using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Pop3.Wire;

namespace Sora.Gateway.Pop3.Commands;

/// <summary>PASS (RFC 1939 section 7): the password of whom the command before it, a USER, has named.</summary>
internal sealed class PassCommand(string password) : Pop3Command
{
    public static Pop3Command Parse(ref Pop3Arguments arguments) => new PassCommand(arguments.Text());

    public override async ValueTask<Pop3Reply?> ExecuteAsync(Pop3Connection connection, CancellationToken cancellationToken)
    {
        if (!connection.MayAuthenticate)
        {
            connection.Client.NoteRefusal("tls_required");
            return LogIn.NeedsTls;
        }

        if (connection.User is not { } user)
            return Pop3Reply.Error("USER comes first");
        var server = connection.Server;
        var identity = await server.Sasl.CheckPasswordAsync(connection.Client, user, password, server.Options.AuthFailureDelay, cancellationToken);
        return await LogIn.RunAsync(connection, identity, expires: null, cancellationToken);
    }
}
