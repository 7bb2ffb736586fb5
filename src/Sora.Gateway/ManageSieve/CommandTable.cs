using System.Text;
using Sora.Gateway.Connections;
using Sora.Gateway.ManageSieve.Commands;

namespace Sora.Gateway.ManageSieve;

/// <param name="Name">Its name in capitals.</param>
/// <param name="Allowed">States in which the command may come; in others it is answered with NO.</param>
/// <param name="WaitsForClient">The time that the client takes does not count against the command's.</param>
internal sealed record CommandRow(
    string Name, ManageSieveStates Allowed, ParseManageSieveCommand Parse, CommandInstruments Instruments, bool WaitsForClient)
{
    public byte[] Bytes { get; } = Encoding.ASCII.GetBytes(Name);
}

/// <summary>All commands (RFC 5804 section 2). One row names a command, when it may come and who reads it.</summary>
internal sealed class CommandTable
{
    private readonly CommandRow[] _rows;

    public CommandTable(GatewayMetrics metrics)
    {
        _rows =
        [
            Row("AUTHENTICATE", ManageSieveStates.NotAuthenticated, AuthenticateCommand.Parse, waitsForClient: true),
            Row("STARTTLS", ManageSieveStates.NotAuthenticated, StartTlsCommand.Parse, waitsForClient: true),
            Row("LOGOUT", ManageSieveStates.Any, LogoutCommand.Parse),
            Row("CAPABILITY", ManageSieveStates.Any, CapabilityCommand.Parse),
            Row("NOOP", ManageSieveStates.Any, NoopCommand.Parse),
            Row("HAVESPACE", ManageSieveStates.Authenticated, HaveSpaceCommand.Parse),
            Row("PUTSCRIPT", ManageSieveStates.Authenticated, PutScriptCommand.Parse),
            Row("LISTSCRIPTS", ManageSieveStates.Authenticated, ListScriptsCommand.Parse),
            Row("SETACTIVE", ManageSieveStates.Authenticated, SetActiveCommand.Parse),
            Row("GETSCRIPT", ManageSieveStates.Authenticated, GetScriptCommand.Parse),
            Row("DELETESCRIPT", ManageSieveStates.Authenticated, DeleteScriptCommand.Parse),
            Row("RENAMESCRIPT", ManageSieveStates.Authenticated, RenameScriptCommand.Parse),
            Row("CHECKSCRIPT", ManageSieveStates.Authenticated, CheckScriptCommand.Parse),
            Row("UNAUTHENTICATE", ManageSieveStates.Authenticated, UnauthenticateCommand.Parse),
        ];
        Unknown = metrics.Command(ManageSieveServer.ProtocolName, "unknown");

        CommandRow Row(string name, ManageSieveStates allowed, ParseManageSieveCommand parse, bool waitsForClient = false) =>
            new(name, allowed, parse, metrics.Command(ManageSieveServer.ProtocolName, name), waitsForClient);
    }

    /// <summary>Counts whatever is no command.</summary>
    public CommandInstruments Unknown { get; }

    /// <summary>The row of a name in any case, or null.</summary>
    public CommandRow? Find(ReadOnlySpan<byte> name)
    {
        foreach (var row in _rows)
        {
            if (Ascii.EqualsIgnoreCase(name, row.Bytes))
                return row;
        }

        return null;
    }
}
