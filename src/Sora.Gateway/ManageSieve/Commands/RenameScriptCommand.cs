using Sora.Contracts;
using Sora.Gateway.ManageSieve.Responses;
using Sora.Gateway.ManageSieve.Wire;

namespace Sora.Gateway.ManageSieve.Commands;

/// <summary>RENAMESCRIPT (RFC 5804 section 2.11). The active script stays active.</summary>
internal sealed class RenameScriptCommand(SieveScriptName from, SieveScriptName to) : ManageSieveCommand
{
    public static ManageSieveCommand Parse(ref ManageSieveParser parser)
    {
        parser.Space();
        var from = parser.SieveName();
        parser.Space();
        return new RenameScriptCommand(from, parser.SieveName());
    }

    public override async ValueTask<ManageSieveReply?> ExecuteAsync(ManageSieveConnection connection, CancellationToken cancellationToken)
    {
        var done = await connection.Server.Scripts.RenameAsync(connection.Account, from, to, cancellationToken);
        if (done.IsOk)
            Log.ScriptsChanged(connection.Server.Logger, connection.Account, "RENAMESCRIPT", connection.Client.Id);
        return ManageSieveReply.Of(done, "Script is renamed");
    }
}
