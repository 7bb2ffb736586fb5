using Sora.Contracts;
using Sora.Gateway.ManageSieve.Responses;
using Sora.Gateway.ManageSieve.Wire;

namespace Sora.Gateway.ManageSieve.Commands;

/// <summary>HAVESPACE (RFC 5804 section 2.5): whether PUTSCRIPT would find room.</summary>
internal sealed class HaveSpaceCommand(SieveScriptName name, uint size) : ManageSieveCommand
{
    public static ManageSieveCommand Parse(ref ManageSieveParser parser)
    {
        parser.Space();
        var name = parser.SieveName();
        parser.Space();
        return new HaveSpaceCommand(name, parser.Number());
    }

    public override async ValueTask<ManageSieveReply?> ExecuteAsync(ManageSieveConnection connection, CancellationToken cancellationToken) =>
        ManageSieveReply.Of(await connection.Server.Scripts.CheckSpaceAsync(connection.Account, name, size, cancellationToken), "There is room");
}
