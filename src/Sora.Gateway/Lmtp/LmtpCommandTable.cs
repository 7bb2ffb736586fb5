using System.Text;
using Sora.Gateway.Connections;
using Sora.Gateway.Lmtp.Commands;

namespace Sora.Gateway.Lmtp;

/// <summary>Reads a command's arguments: what stands behind the verb and its space.</summary>
internal delegate LmtpCommand ParseLmtpCommand(ReadOnlySpan<byte> arguments, LmtpServer server);

/// <param name="Allowed">States in which the command may come; in others it is answered with 503.</param>
internal sealed record LmtpCommandRow(string Name, LmtpStates Allowed, ParseLmtpCommand Parse, CommandInstruments Instruments)
{
    public byte[] Verb { get; } = Encoding.ASCII.GetBytes(Name);
}

/// <summary>All commands. One row names a command, when it may come and who reads it.</summary>
internal sealed class LmtpCommandTable
{
    private readonly LmtpCommandRow[] _rows;

    public LmtpCommandTable(GatewayMetrics metrics)
    {
        _rows =
        [
            Row("MAIL", LmtpStates.Ready, MailCommand.Parse),
            Row("RCPT", LmtpStates.Transaction, RcptCommand.Parse),
            Row("DATA", LmtpStates.Transaction, DataCommand.Parse),
            // In every state its octets have to be taken off the input
            Row("BDAT", LmtpStates.Any, BdatCommand.Parse),
            Row("LHLO", LmtpStates.Any, LhloCommand.Parse),
            Row("RSET", LmtpStates.Any, RsetCommand.Parse),
            Row("NOOP", LmtpStates.Any, NoopCommand.Parse),
            Row("QUIT", LmtpStates.Any, QuitCommand.Parse),
            Row("VRFY", LmtpStates.Any, VrfyCommand.Parse),
            Row("HELP", LmtpStates.Any, HelpCommand.Parse),
            Row("STARTTLS", LmtpStates.Greeted | LmtpStates.Ready, StartTlsCommand.Parse),
            Row("XCLIENT", LmtpStates.Greeted | LmtpStates.Ready, XClientCommand.Parse),
            Row("HELO", LmtpStates.Any, HeloCommand.Parse),
            Row("EHLO", LmtpStates.Any, HeloCommand.Parse),
        ];
        Unknown = metrics.Command(LmtpServer.ProtocolName, "unknown");

        LmtpCommandRow Row(string name, LmtpStates allowed, ParseLmtpCommand parse) =>
            new(name, allowed, parse, metrics.Command(LmtpServer.ProtocolName, name));
    }

    /// <summary>Counts whatever is no command.</summary>
    public CommandInstruments Unknown { get; }

    /// <summary>The row of a verb in any case, or null.</summary>
    public LmtpCommandRow? Find(ReadOnlySpan<byte> verb)
    {
        foreach (var row in _rows)
            if (Ascii.EqualsIgnoreCase(verb, row.Verb))
                return row;
        return null;
    }
}
