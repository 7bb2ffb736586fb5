using Sora.Contracts;
using Sora.Gateway.ManageSieve.Responses;
using Sora.Gateway.ManageSieve.Wire;

namespace Sora.Gateway.ManageSieve.Commands;

/// <summary>DELETESCRIPT (RFC 5804 section 2.10). The active script is refused.</summary>
internal sealed class DeleteScriptCommand(SieveScriptName name) : ManageSieveCommand
{
    public static ManageSieveCommand Parse(ref ManageSieveParser parser)
    {
        parser.Space();
        return new DeleteScriptCommand(parser.SieveName());
    }

    public override async ValueTask<ManageSieveReply?> ExecuteAsync(ManageSieveConnection connection, CancellationToken cancellationToken)
    {
        var done = await connection.Server.Scripts.DeleteAsync(connection.Account, name, cancellationToken);
        if (done.IsOk)
            Log.ScriptsChanged(connection.Server.Logger, connection.Account, "DELETESCRIPT", connection.Client.Id);
        return ManageSieveReply.Of(done, "Script is deleted");
    }
}
