using System.Text;

namespace Sora.Gateway.Connections;

/// <param name="Name">Its name in capitals.</param>
/// <param name="Allowed">States in which the command may come; in others it is refused.</param>
/// <param name="Parse">Reads its arguments.</param>
/// <param name="Instruments">Count it.</param>
/// <param name="WaitsForClient">The time that the client takes does not count against the command's.</param>
internal sealed record CommandRow<TStates, TParse>(string Name, TStates Allowed, TParse Parse, CommandInstruments Instruments, bool WaitsForClient)
{
    public byte[] Bytes { get; } = Encoding.ASCII.GetBytes(Name);
}

/// <summary>All commands of a protocol. One row names a command, when it may come and who reads it.</summary>
/// <param name="metrics">The gateway's meter.</param>
/// <param name="protocol">The protocol's name in the metrics.</param>
internal abstract class CommandTable<TStates, TParse>(GatewayMetrics metrics, string protocol)
{
    private readonly List<CommandRow<TStates, TParse>> _rows = [];

    /// <summary>Counts whatever is no command.</summary>
    public CommandInstruments Unknown { get; } = metrics.Command(protocol, "unknown");

    /// <summary>The row of a name in any case, or null.</summary>
    public CommandRow<TStates, TParse>? Find(ReadOnlySpan<byte> name)
    {
        foreach (var row in _rows)
        {
            if (Ascii.EqualsIgnoreCase(name, row.Bytes))
                return row;
        }

        return null;
    }

    /// <summary>Adds a row; frequent commands first.</summary>
    protected void Add(string name, TStates allowed, TParse parse, bool waitsForClient = false) =>
        _rows.Add(new CommandRow<TStates, TParse>(name, allowed, parse, metrics.Command(protocol, name), waitsForClient));
}
