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

    /// <summary>Reads from the client while it runs: imap.command_timeout does not apply.</summary>
    WaitsForClient = 8,
}

/// <summary>One command: its name, where it is allowed, how it behaves.</summary>
/// <param name="Capability">The capability without which the command does not exist: where that is disabled, it is unknown.</param>
internal sealed record CommandRow(
    string Name, CommandParser Parse, ImapStates States, CommandFlags Flags = CommandFlags.None, bool ByUid = false, string? Capability = null)
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
        new("ID", IdCommand.Parse, ImapStates.Any, Capability: "ID"),

        new("STARTTLS", StartTlsCommand.Parse, ImapStates.NotAuthenticated, CommandFlags.WaitsForClient, Capability: "STARTTLS"),
        new("AUTHENTICATE", AuthenticateCommand.Parse, ImapStates.NotAuthenticated, CommandFlags.WaitsForClient),
        new("LOGIN", LoginCommand.Parse, ImapStates.NotAuthenticated),

        new("UNAUTHENTICATE", UnauthenticateCommand.Parse, ImapStates.LoggedIn, CommandFlags.BreaksSequences, Capability: "UNAUTHENTICATE"),
        new("ENABLE", EnableCommand.Parse, ImapStates.LoggedIn, Capability: "ENABLE"),
        new("SELECT", SelectCommand.Parse, ImapStates.LoggedIn, CommandFlags.BreaksSequences),
        new("EXAMINE", SelectCommand.ParseExamine, ImapStates.LoggedIn, CommandFlags.BreaksSequences),
        new("CREATE", CreateCommand.Parse, ImapStates.LoggedIn),
        new("DELETE", DeleteCommand.Parse, ImapStates.LoggedIn),
        new("RENAME", RenameCommand.Parse, ImapStates.LoggedIn),
        new("SUBSCRIBE", SubscribeCommand.Parse, ImapStates.LoggedIn),
        new("UNSUBSCRIBE", SubscribeCommand.ParseUnsubscribe, ImapStates.LoggedIn),
        new("LIST", ListCommand.Parse, ImapStates.LoggedIn),
        new("LSUB", LsubCommand.Parse, ImapStates.LoggedIn),
        new("NAMESPACE", NamespaceCommand.Parse, ImapStates.LoggedIn, Capability: "NAMESPACE"),
        new("SETACL", SetAclCommand.Parse, ImapStates.LoggedIn, Capability: "ACL"),
        new("DELETEACL", SetAclCommand.ParseDelete, ImapStates.LoggedIn, Capability: "ACL"),
        new("GETACL", GetAclCommand.Parse, ImapStates.LoggedIn, Capability: "ACL"),
        new("LISTRIGHTS", ListRightsCommand.Parse, ImapStates.LoggedIn, Capability: "ACL"),
        new("MYRIGHTS", MyRightsCommand.Parse, ImapStates.LoggedIn, Capability: "ACL"),
        new("STATUS", StatusCommand.Parse, ImapStates.LoggedIn),
        new("APPEND", AppendCommand.Parse, ImapStates.LoggedIn, CommandFlags.WaitsForClient),
        new("COMPRESS", CompressCommand.Parse, ImapStates.LoggedIn, Capability: "COMPRESS=DEFLATE"),
        new("ESEARCH", EsearchCommand.Parse, ImapStates.LoggedIn, Capability: "MULTISEARCH"),
        new("IDLE", IdleCommand.Parse, ImapStates.LoggedIn, CommandFlags.WaitsForClient, Capability: "IDLE"),
        new("NOTIFY", NotifyCommand.Parse, ImapStates.LoggedIn, Capability: "NOTIFY"),
        new("GETQUOTA", GetQuotaCommand.Parse, ImapStates.LoggedIn, Capability: "QUOTA"),
        new("GETQUOTAROOT", GetQuotaRootCommand.Parse, ImapStates.LoggedIn, Capability: "QUOTA"),
        new("SETQUOTA", SetQuotaCommand.Parse, ImapStates.LoggedIn, Capability: "QUOTASET"),
        new("GETMETADATA", GetMetadataCommand.Parse, ImapStates.LoggedIn, Capability: "METADATA"),
        new("SETMETADATA", SetMetadataCommand.Parse, ImapStates.LoggedIn, Capability: "METADATA"),

        new("CHECK", NoopCommand.ParseCheck, ImapStates.Selected, CommandFlags.RequiresSync),
        new("CLOSE", CloseCommand.Parse, ImapStates.Selected, CommandFlags.BreaksSequences),
        new("UNSELECT", CloseCommand.ParseUnselect, ImapStates.Selected, CommandFlags.BreaksSequences, Capability: "UNSELECT"),
        new("EXPUNGE", ExpungeCommand.Parse, ImapStates.Selected),
        new("SEARCH", SearchCommand.Parse, ImapStates.Selected, CommandFlags.UsesSequenceNumbers),
        new("FETCH", FetchCommand.Parse, ImapStates.Selected, CommandFlags.UsesSequenceNumbers),
        new("STORE", StoreCommand.Parse, ImapStates.Selected, CommandFlags.UsesSequenceNumbers),
        new("COPY", CopyCommand.Parse, ImapStates.Selected),
        new("MOVE", MoveCommand.Parse, ImapStates.Selected, Capability: "MOVE"),
        new("REPLACE", ReplaceCommand.Parse, ImapStates.Selected, CommandFlags.WaitsForClient, Capability: "REPLACE"),

        new("SORT", SortCommand.Parse, ImapStates.Selected, CommandFlags.UsesSequenceNumbers, Capability: "SORT"),
        new("THREAD", ThreadCommand.Parse, ImapStates.Selected, CommandFlags.UsesSequenceNumbers),
        new("CANCELUPDATE", CancelUpdateCommand.Parse, ImapStates.Selected),
        new("UIDBATCHES", UidBatchesCommand.Parse, ImapStates.Selected, Capability: "UIDBATCHES"),

        new("FILTER", FilterCommand.Parse, ImapStates.Selected, CommandFlags.UsesSequenceNumbers, Capability: "FILTER=SIEVE"),

        new("UID FILTER", FilterCommand.Parse, ImapStates.Selected, CommandFlags.UsesSequenceNumbers, ByUid: true, Capability: "FILTER=SIEVE"),
        new("UID EXPUNGE", ExpungeCommand.Parse, ImapStates.Selected, ByUid: true, Capability: "UIDPLUS"),
        new("UID SEARCH", SearchCommand.Parse, ImapStates.Selected, ByUid: true),
        new("UID ESEARCH", EsearchCommand.Parse, ImapStates.LoggedIn, ByUid: true, Capability: "MULTISEARCH"), // as RFC 7377 section 2 writes it
        new("UID SORT", SortCommand.Parse, ImapStates.Selected, ByUid: true, Capability: "SORT"),
        new("UID THREAD", ThreadCommand.Parse, ImapStates.Selected, ByUid: true),
        new("UID FETCH", FetchCommand.Parse, ImapStates.Selected, ByUid: true),
        new("UID STORE", StoreCommand.Parse, ImapStates.Selected, ByUid: true),
        new("UID COPY", CopyCommand.Parse, ImapStates.Selected, ByUid: true),
        new("UID MOVE", MoveCommand.Parse, ImapStates.Selected, ByUid: true, Capability: "MOVE"),
        new("UID REPLACE", ReplaceCommand.Parse, ImapStates.Selected, CommandFlags.WaitsForClient, ByUid: true, Capability: "REPLACE"),
    ];

    public CommandTable(GatewayMetrics metrics)
    {
        foreach (var row in _rows)
        {
            row.Instruments = metrics.Command("imap", row.Name);
            row.HasUidForm = row.Name is not ("EXPUNGE" or "ESEARCH") && Array.Exists(_rows, other => other.Name == "UID " + row.Name);
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
