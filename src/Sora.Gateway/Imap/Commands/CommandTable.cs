using System.Text;
using Sora.Gateway.Connections;

namespace Sora.Gateway.Imap.Commands;

[Flags]
internal enum CommandFlags
{
    None = 0,

    /// <summary>Sequence numbers must not change while the command runs, up to its tagged answer: no EXPUNGE (RFC 9051 section 7.5.1).</summary>
    UsesSequenceNumbers = 1,

    /// <summary>Ends or changes the selection by itself: nothing is reported after it.</summary>
    BreaksSequences = 2,

    /// <summary>Asks the mailbox's writer for news first, even when none were announced.</summary>
    RequiresSync = 4,
}

/// <summary>One command: its name, where it is allowed, how it behaves.</summary>
internal sealed record CommandRow(
    string Name, CommandParser Parse, ImapStates States, CommandFlags Flags = CommandFlags.None, bool ByUid = false)
{
    public byte[] NameBytes { get; } = Encoding.ASCII.GetBytes(Name);

    public CommandInstruments? Instruments { get; set; }

    /// <summary>The command takes message numbers, and has a twin that takes UIDs: UIDONLY allows only that one (RFC 9586 section 3.2).</summary>
    public bool HasUidForm { get; set; }
}

/// <summary>All commands. To add one: docs/adding-a-command.md.</summary>
internal sealed class CommandTable
{
    private readonly CommandRow[] _rows =
    [
        new("CAPABILITY", CapabilityCommand.Parse, ImapStates.Any),
        new("NOOP", NoopCommand.Parse, ImapStates.Any, CommandFlags.RequiresSync),
        new("LOGOUT", LogoutCommand.Parse, ImapStates.Any, CommandFlags.BreaksSequences),
        new("ID", IdCommand.Parse, ImapStates.Any),

        new("STARTTLS", StartTlsCommand.Parse, ImapStates.NotAuthenticated),
        new("AUTHENTICATE", AuthenticateCommand.Parse, ImapStates.NotAuthenticated),
        new("LOGIN", LoginCommand.Parse, ImapStates.NotAuthenticated),

        new("ENABLE", EnableCommand.Parse, ImapStates.LoggedIn),
        new("SELECT", SelectCommand.Parse, ImapStates.LoggedIn, CommandFlags.BreaksSequences),
        new("EXAMINE", SelectCommand.ParseExamine, ImapStates.LoggedIn, CommandFlags.BreaksSequences),
        new("CREATE", CreateCommand.Parse, ImapStates.LoggedIn),
        new("DELETE", DeleteCommand.Parse, ImapStates.LoggedIn),
        new("RENAME", RenameCommand.Parse, ImapStates.LoggedIn),
        new("SUBSCRIBE", SubscribeCommand.Parse, ImapStates.LoggedIn),
        new("UNSUBSCRIBE", SubscribeCommand.ParseUnsubscribe, ImapStates.LoggedIn),
        new("LIST", ListCommand.Parse, ImapStates.LoggedIn),
        new("LSUB", LsubCommand.Parse, ImapStates.LoggedIn),
        new("NAMESPACE", NamespaceCommand.Parse, ImapStates.LoggedIn),
        new("STATUS", StatusCommand.Parse, ImapStates.LoggedIn),
        new("APPEND", AppendCommand.Parse, ImapStates.LoggedIn),
        new("ESEARCH", EsearchCommand.Parse, ImapStates.LoggedIn),
        new("IDLE", IdleCommand.Parse, ImapStates.LoggedIn),
        new("NOTIFY", NotifyCommand.Parse, ImapStates.LoggedIn),

        new("CHECK", NoopCommand.ParseCheck, ImapStates.Selected, CommandFlags.RequiresSync),
        new("CLOSE", CloseCommand.Parse, ImapStates.Selected, CommandFlags.BreaksSequences),
        new("UNSELECT", CloseCommand.ParseUnselect, ImapStates.Selected, CommandFlags.BreaksSequences),
        new("EXPUNGE", ExpungeCommand.Parse, ImapStates.Selected),
        new("SEARCH", SearchCommand.Parse, ImapStates.Selected, CommandFlags.UsesSequenceNumbers),
        new("FETCH", FetchCommand.Parse, ImapStates.Selected, CommandFlags.UsesSequenceNumbers),
        new("STORE", StoreCommand.Parse, ImapStates.Selected, CommandFlags.UsesSequenceNumbers),
        new("COPY", CopyCommand.Parse, ImapStates.Selected),
        new("MOVE", MoveCommand.Parse, ImapStates.Selected),

        new("SORT", SortCommand.Parse, ImapStates.Selected, CommandFlags.UsesSequenceNumbers),
        new("THREAD", ThreadCommand.Parse, ImapStates.Selected, CommandFlags.UsesSequenceNumbers),
        new("CANCELUPDATE", CancelUpdateCommand.Parse, ImapStates.Selected),
        new("UIDBATCHES", UidBatchesCommand.Parse, ImapStates.Selected),

        new("UID EXPUNGE", ExpungeCommand.Parse, ImapStates.Selected, ByUid: true),
        new("UID SEARCH", SearchCommand.Parse, ImapStates.Selected, ByUid: true),
        new("UID SORT", SortCommand.Parse, ImapStates.Selected, ByUid: true),
        new("UID THREAD", ThreadCommand.Parse, ImapStates.Selected, ByUid: true),
        new("UID FETCH", FetchCommand.Parse, ImapStates.Selected, ByUid: true),
        new("UID STORE", StoreCommand.Parse, ImapStates.Selected, ByUid: true),
        new("UID COPY", CopyCommand.Parse, ImapStates.Selected, ByUid: true),
        new("UID MOVE", MoveCommand.Parse, ImapStates.Selected, ByUid: true),
    ];

    public CommandTable(GatewayMetrics metrics)
    {
        foreach (var row in _rows)
        {
            row.Instruments = metrics.Command("imap", row.Name);
            row.HasUidForm = row.Name != "EXPUNGE" && Array.Exists(_rows, other => other.Name == "UID " + row.Name);
        }
    }

    public IReadOnlyList<CommandRow> Rows => _rows;

    /// <summary>The row of a name in any case, or null.</summary>
    public CommandRow? Find(ReadOnlySpan<byte> name)
    {
        foreach (var row in _rows)
        {
            if (Ascii.EqualsIgnoreCase(row.NameBytes, name))
                return row;
        }

        return null;
    }
}
