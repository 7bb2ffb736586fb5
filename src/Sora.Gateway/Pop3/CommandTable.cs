using System.Text;
using Sora.Gateway.Connections;
using Sora.Gateway.Pop3.Commands;

namespace Sora.Gateway.Pop3;

/// <param name="Name">Its keyword in capitals.</param>
/// <param name="Allowed">States in which the command may come; in others it is answered with -ERR.</param>
/// <param name="WaitsForClient">The time that the client takes does not count against the command's.</param>
internal sealed record CommandRow(string Name, Pop3States Allowed, ParsePop3Command Parse, CommandInstruments Instruments, bool WaitsForClient)
{
    public byte[] Keyword { get; } = Encoding.ASCII.GetBytes(Name);
}

/// <summary>All commands. One row names a command, when it may come and who reads it. APOP is none: see docs/pop3.md.</summary>
internal sealed class CommandTable
{
    private readonly CommandRow[] _rows;

    public CommandTable(GatewayMetrics metrics)
    {
        _rows =
        [
            Row("RETR", Pop3States.Transaction, RetrCommand.Parse, waitsForClient: true),
            Row("DELE", Pop3States.Transaction, DeleCommand.Parse),
            Row("TOP", Pop3States.Transaction, TopCommand.Parse, waitsForClient: true),
            Row("LIST", Pop3States.Transaction, ListCommand.Parse, waitsForClient: true),
            Row("UIDL", Pop3States.Transaction, UidlCommand.Parse, waitsForClient: true),
            Row("STAT", Pop3States.Transaction, StatCommand.Parse),
            Row("NOOP", Pop3States.Transaction, NoopCommand.Parse),
            Row("RSET", Pop3States.Transaction, RsetCommand.Parse),
            Row("QUIT", Pop3States.Any, QuitCommand.Parse),
            Row("CAPA", Pop3States.Any, CapaCommand.Parse),
            Row("USER", Pop3States.Authorization, UserCommand.Parse),
            Row("PASS", Pop3States.Authorization, PassCommand.Parse),
            Row("AUTH", Pop3States.Authorization, AuthCommand.Parse, waitsForClient: true),
            Row("STLS", Pop3States.Authorization, StlsCommand.Parse, waitsForClient: true),
            Row("UTF8", Pop3States.Authorization, Utf8Command.Parse),
            Row("LANG", Pop3States.Any, LangCommand.Parse),
        ];
        Unknown = metrics.Command(Pop3Server.ProtocolName, "unknown");

        CommandRow Row(string name, Pop3States allowed, ParsePop3Command parse, bool waitsForClient = false) =>
            new(name, allowed, parse, metrics.Command(Pop3Server.ProtocolName, name), waitsForClient);
    }

    /// <summary>Counts whatever is no command.</summary>
    public CommandInstruments Unknown { get; }

    /// <summary>The row of a keyword in any case, or null.</summary>
    public CommandRow? Find(ReadOnlySpan<byte> keyword)
    {
        foreach (var row in _rows)
        {
            if (Ascii.EqualsIgnoreCase(keyword, row.Keyword))
                return row;
        }

        return null;
    }
}
