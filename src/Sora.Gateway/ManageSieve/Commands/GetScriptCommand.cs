using Sora.Contracts;
using Sora.Gateway.ManageSieve.Responses;
using Sora.Gateway.ManageSieve.Wire;

namespace Sora.Gateway.ManageSieve.Commands;

/// <summary>GETSCRIPT (RFC 5804 section 2.9).</summary>
internal sealed class GetScriptCommand(SieveScriptName name) : ManageSieveCommand
{
    public static ManageSieveCommand Parse(ref ManageSieveParser parser)
    {
        parser.Space();
        return new GetScriptCommand(parser.SieveName());
    }

    public override async ValueTask<ManageSieveReply?> ExecuteAsync(ManageSieveConnection connection, CancellationToken cancellationToken)
    {
        var script = await connection.Server.Scripts.GetAsync(connection.Account, name, cancellationToken);
        if (!script.IsOk)
            return ManageSieveReply.No(script.Error);

        // Always a literal: that is what clients have seen from other servers
        connection.Output.Literal(script.Value.Content);
        connection.Output.Crlf();
        return ManageSieveReply.Ok("Getscript completed");
    }
}
