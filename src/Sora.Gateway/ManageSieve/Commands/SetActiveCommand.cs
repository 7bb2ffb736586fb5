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
        var scripts = connection.Server.Scripts;
        ManageSieveReply? check = null;
        if (name is { } wanted)
        {
            var script = await scripts.GetAsync(connection.Account, wanted, cancellationToken);
            if (!script.IsOk)
                return ManageSieveReply.No(script.Error);

            // It compiled when it was put; an extension may have been disabled since, and with it each message would be an error
            check = await ScriptCheck.CheckAsync(connection, wanted, script.Value.Content, connection.Server.Compiler, cancellationToken);
            if (check is { Status: ReplyStatus.No })
                return check;
        }

        var done = await scripts.ActivateAsync(connection.Account, name, cancellationToken);
        if (!done.IsOk)
            return ManageSieveReply.No(done.Error);
        Log.ScriptsChanged(connection.Server.Logger, connection.Account, "SETACTIVE", connection.Client.Id);
        return check ?? ManageSieveReply.Ok(name is null ? "No script is active" : "Script is active");
    }
}
