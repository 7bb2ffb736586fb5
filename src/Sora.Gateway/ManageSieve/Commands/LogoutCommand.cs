using Sora.Gateway.ManageSieve.Responses;
using Sora.Gateway.ManageSieve.Wire;

namespace Sora.Gateway.ManageSieve.Commands;

/// <summary>LOGOUT (RFC 5804 section 2.3). What comes behind it is ignored.</summary>
internal sealed class LogoutCommand : ManageSieveCommand
{
    private static readonly LogoutCommand Instance = new();

    public static ManageSieveCommand Parse(ref ManageSieveParser parser) => Instance;

    public override ValueTask<ManageSieveReply?> ExecuteAsync(ManageSieveConnection connection, CancellationToken cancellationToken)
    {
        connection.HasEnded = true;
        return new(ManageSieveReply.Ok("Logout completed"));
    }
}
