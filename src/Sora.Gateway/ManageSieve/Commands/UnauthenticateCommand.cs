using Sora.Gateway.ManageSieve.Responses;
using Sora.Gateway.ManageSieve.Wire;

namespace Sora.Gateway.ManageSieve.Commands;

/// <summary>UNAUTHENTICATE (RFC 5804 section 2.14.1): back to the state before login, with TLS as it is.</summary>
internal sealed class UnauthenticateCommand : ManageSieveCommand
{
    private static readonly UnauthenticateCommand Instance = new();

    public static ManageSieveCommand Parse(ref ManageSieveParser parser) => Instance;

    public override ValueTask<ManageSieveReply?> ExecuteAsync(ManageSieveConnection connection, CancellationToken cancellationToken)
    {
        connection.LogOut();
        return new(ManageSieveReply.Ok("You are logged out"));
    }
}
