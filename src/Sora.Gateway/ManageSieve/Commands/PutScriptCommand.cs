using Sora.Contracts;
using Sora.Gateway.ManageSieve.Responses;
using Sora.Gateway.ManageSieve.Wire;

namespace Sora.Gateway.ManageSieve.Commands;

/// <summary>PUTSCRIPT (RFC 5804 section 2.6): stores a script that compiles.</summary>
internal sealed class PutScriptCommand(SieveScriptName name, byte[] script) : ManageSieveCommand
{
    public static ManageSieveCommand Parse(ref ManageSieveParser parser)
    {
        parser.Space();
        var name = parser.SieveName();
        parser.Space();
        return new PutScriptCommand(name, parser.String());
    }

    public override async ValueTask<ManageSieveReply?> ExecuteAsync(ManageSieveConnection connection, CancellationToken cancellationToken)
    {
        var scripts = connection.Server.Scripts;
        if (script.Length == 0)
            return ManageSieveReply.No("Script is empty"); // A valid one, but not to be stored

        // What is too large is told as such, not as what the compiler makes of it
        var space = await scripts.CheckSpaceAsync(connection.Account, name, script.Length, cancellationToken);
        if (!space.IsOk)
            return ManageSieveReply.No(space.Error);
        var check = await ScriptCheck.CheckAsync(connection, name, script, connection.Server.Compiler, cancellationToken);
        if (check is { Status: ReplyStatus.No })
            return check;
        var put = await scripts.PutAsync(connection.Account, name, script, cancellationToken);
        if (!put.IsOk)
            return ManageSieveReply.No(put.Error);
        Log.ScriptsChanged(connection.Server.Logger, connection.Account, "PUTSCRIPT", connection.Client.Id);
        return check ?? ManageSieveReply.Ok("Script is stored");
    }
}
