using Sora.Gateway.ManageSieve.Responses;
using Sora.Gateway.ManageSieve.Wire;

namespace Sora.Gateway.ManageSieve.Commands;

/// <summary>CHECKSCRIPT (RFC 5804 section 2.12): compiles a script and stores nothing; quotas do not matter.</summary>
internal sealed class CheckScriptCommand(byte[] script) : ManageSieveCommand
{
    public static ManageSieveCommand Parse(ref ManageSieveParser parser)
    {
        parser.Space();
        return new CheckScriptCommand(parser.String());
    }

    public override async ValueTask<ManageSieveReply?> ExecuteAsync(ManageSieveConnection connection, CancellationToken cancellationToken) =>
        await ScriptCheck.CheckAsync(connection, null, script, connection.Server.Checker, cancellationToken) ?? ManageSieveReply.Ok("Script is valid");
}
