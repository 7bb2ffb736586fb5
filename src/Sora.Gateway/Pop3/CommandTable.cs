using Sora.Gateway.Connections;
using Sora.Gateway.Pop3.Commands;

namespace Sora.Gateway.Pop3;

/// <summary>All commands. APOP is none: see docs/pop3.md.</summary>
internal sealed class CommandTable : CommandTable<Pop3States, ParsePop3Command>
{
    public CommandTable(GatewayMetrics metrics)
        : base(metrics, Pop3Server.ProtocolName)
    {
        Add("RETR", Pop3States.Transaction, RetrCommand.Parse);
        Add("DELE", Pop3States.Transaction, DeleCommand.Parse);
        Add("TOP", Pop3States.Transaction, TopCommand.Parse);
        Add("LIST", Pop3States.Transaction, ListCommand.Parse);
        Add("UIDL", Pop3States.Transaction, UidlCommand.Parse);
        Add("STAT", Pop3States.Transaction, StatCommand.Parse);
        Add("NOOP", Pop3States.Transaction, NoopCommand.Parse);
        Add("RSET", Pop3States.Transaction, RsetCommand.Parse);
        Add("QUIT", Pop3States.Any, QuitCommand.Parse);
        Add("CAPA", Pop3States.Any, CapaCommand.Parse);
        Add("USER", Pop3States.Authorization, UserCommand.Parse);
        Add("PASS", Pop3States.Authorization, PassCommand.Parse);
        Add("AUTH", Pop3States.Authorization, AuthCommand.Parse, waitsForClient: true);
        Add("STLS", Pop3States.Authorization, StlsCommand.Parse, waitsForClient: true);
        Add("UTF8", Pop3States.Authorization, Utf8Command.Parse);
        Add("XCLIENT", Pop3States.Authorization, XClientCommand.Parse);
        Add("LANG", Pop3States.Any, LangCommand.Parse);
    }
}
