using Sora.Gateway.Connections;
using Sora.Gateway.ManageSieve.Commands;

namespace Sora.Gateway.ManageSieve;

/// <summary>All commands (RFC 5804 section 2).</summary>
internal sealed class CommandTable : CommandTable<ManageSieveStates, ParseManageSieveCommand>
{
    public CommandTable(GatewayMetrics metrics)
        : base(metrics, ManageSieveServer.ProtocolName)
    {
        Add("AUTHENTICATE", ManageSieveStates.NotAuthenticated, AuthenticateCommand.Parse, waitsForClient: true);
        Add("STARTTLS", ManageSieveStates.NotAuthenticated, StartTlsCommand.Parse, waitsForClient: true);
        Add("LOGOUT", ManageSieveStates.Any, LogoutCommand.Parse);
        Add("CAPABILITY", ManageSieveStates.Any, CapabilityCommand.Parse);
        Add("NOOP", ManageSieveStates.Any, NoopCommand.Parse);
        Add("HAVESPACE", ManageSieveStates.Authenticated, HaveSpaceCommand.Parse);
        Add("PUTSCRIPT", ManageSieveStates.Authenticated, PutScriptCommand.Parse);
        Add("LISTSCRIPTS", ManageSieveStates.Authenticated, ListScriptsCommand.Parse);
        Add("SETACTIVE", ManageSieveStates.Authenticated, SetActiveCommand.Parse);
        Add("GETSCRIPT", ManageSieveStates.Authenticated, GetScriptCommand.Parse);
        Add("DELETESCRIPT", ManageSieveStates.Authenticated, DeleteScriptCommand.Parse);
        Add("RENAMESCRIPT", ManageSieveStates.Authenticated, RenameScriptCommand.Parse);
        Add("CHECKSCRIPT", ManageSieveStates.Authenticated, CheckScriptCommand.Parse);
        Add("UNAUTHENTICATE", ManageSieveStates.Authenticated, UnauthenticateCommand.Parse);
    }
}
