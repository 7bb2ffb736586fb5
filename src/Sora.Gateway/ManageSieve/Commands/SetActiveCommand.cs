using Sora.Contracts;
using Sora.Gateway.ManageSieve.Responses;
using Sora.Gateway.ManageSieve.Wire;

namespace Sora.Gateway.ManageSieve.Commands;

/// <summary>SETACTIVE (RFC 5804 section 2.8): which script filters from the next message on; the empty name is none.</summary>
internal sealed class SetActiveCommand(SieveScriptName? name) : ManageSieveCommand
{
    public static ManageSieveCommand Parse(ref ManageSieveParser parser)
    {
        parser.Space();
        return new SetActiveCommand(parser.ActiveSieveName());
    }

    public override async ValueTask<ManageSieveReply?> ExecuteAsync(ManageSieveConnection connection, CancellationToken cancellationToken)
    {
        var done = await connection.Server.Scripts.ActivateAsync(connection.Account, name, cancellationToken);
        if (done.IsOk)
            Log.ScriptsChanged(connection.Server.Logger, connection.Account, "SETACTIVE", connection.Client.Id);
        return ManageSieveReply.Of(done, name is null ? "No script is active" : "Script is active");
    }
}
