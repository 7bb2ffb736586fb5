using Sora.Configuration;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap;

/// <summary>[imap]: the IMAP server.</summary>
[Section("IMAP4rev1 and IMAP4rev2")]
public sealed class ImapOptions() : ProtocolOptions("*:143", "*:993", maxConnections: 100_000)
{
    [Option("Take passwords without TLS from any client; clients on the same machine always may", Reference = "RFC 9051 6.2.3")]
    public bool AllowPlaintextAuth { get; set; }

    [Option("How long a client may take to log in")]
    [OptionRange("1s", "1h")]
    public TimeSpan LoginTimeout { get; set; } = TimeSpan.FromMinutes(3);

    [Option("Silence after which a logged-in client is logged out", Reference = "RFC 9051 5.4: at least 30 minutes")]
    [OptionRange("30m", "7d")]
    public TimeSpan Autologout { get; set; } = TimeSpan.FromMinutes(31);

    [Option("How often a client in IDLE is told that the server is still there; keeps NAT entries alive", Reference = "RFC 2177")]
    [OptionRange("10s", "29m")]
    public TimeSpan IdleKeepalive { get; set; } = TimeSpan.FromMinutes(2);

    [Option("How long an answer to a wrong password is held back")]
    [OptionRange("0", "1m")]
    public TimeSpan AuthFailureDelay { get; set; } = TimeSpan.FromSeconds(2);

    [Option("Wrong passwords on one connection before it is closed")]
    [OptionRange("1", "1000")]
    public int MaxAuthFailures { get; set; } = 3;

    [Option("Commands in a row that are not understood before the connection is closed")]
    [OptionRange("1", "1000")]
    public int MaxBadCommands { get; set; } = 20;

    [Option("Longest command line", Reference = "RFC 7162 4: at least 8192")]
    [OptionRange("8KiB", "16MiB")]
    public ByteSize MaxLine { get; set; } = ByteSize.KiB(64);

    [Option("Longest literal other than APPEND's message")]
    [OptionRange("4KiB", "16MiB")]
    public ByteSize MaxLiteral { get; set; } = ByteSize.KiB(64);

    [Option("Longest command with all its literals, without APPEND's message")]
    [OptionRange("8KiB", "64MiB")]
    public ByteSize MaxCommand { get; set; } = ByteSize.KiB(512);

    [Option("Literals in one command")]
    [OptionRange("4", "10000")]
    public int MaxLiterals { get; set; } = 200;

    [Option("Largest message that APPEND takes", Reference = "RFC 7889")]
    [OptionRange("1KiB", "2GiB")]
    public ByteSize AppendLimit { get; set; } = ByteSize.MiB(50);

    [Option("Where the mailboxes of other users are seen, below their addresses; ends with /; empty hides them", Reference = "RFC 2342")]
    public string OtherUsersPrefix { get; set; } = "Other Users/";

    [Option("Where the shared mailboxes of the domain are seen; ends with /; empty hides them", Reference = "RFC 2342")]
    public string SharedPrefix { get; set; } = "Shared/";

    [Option("Most messages that one COPY or MOVE takes into another account; each is stored there anew")]
    [OptionRange("1", "1000000")]
    public int MaxCopyBetweenAccounts { get; set; } = 5000;

    [Option("Messages that one APPEND takes", Reference = "RFC 3502")]
    [OptionRange("1", "100000")]
    public int MaxAppendMessages { get; set; } = 1000;

    [Option("All messages of one APPEND together; never less than append_limit")]
    [OptionRange("1KiB", "16GiB")]
    public ByteSize MaxAppend { get; set; } = ByteSize.MiB(64);

    [Option("Most memory that one COPY or MOVE into another account takes; small messages and all headers are kept in memory until they are stored")]
    [OptionRange("1MiB", "8GiB")]
    public ByteSize MaxCopyMemory { get; set; } = ByteSize.MiB(64);

    [Option("How long one SEARCH may read messages before it gives up with NO [LIMIT]")]
    [OptionRange("1s", "1d")]
    public TimeSpan SearchTimeout { get; set; } = TimeSpan.FromMinutes(5);

    [Option("How often the client of a long command is told how far it is; 0 never", Reference = "RFC 9585")]
    [OptionRange("0", "1h")]
    public TimeSpan ProgressInterval { get; set; } = TimeSpan.FromSeconds(10);

    [Option("Messages that one command may work on; 0 is no limit", Reference = "RFC 9738")]
    [OptionRange("0", "2147483647")]
    public int MessageLimit { get; set; } = 10_000_000;

    [Option("Messages that one COPY or APPEND may store, when message_limit is 0; 0 is no limit", Reference = "RFC 9738")]
    [OptionRange("0", "2147483647")]
    public int SaveLimit { get; set; }

    [Option("Smallest batch that UIDBATCHES makes", Reference = "RFC 10022")]
    [OptionRange("1", "500")]
    public int MinUidBatch { get; set; } = 500;

    [Option("Messages in the batches that one UIDBATCHES command may ask for by number; a command without numbers gets them all", Reference = "RFC 10022")]
    [OptionRange("100000", "2147483647")]
    public int MaxUidBatchMessages { get; set; } = 100_000;

    [Option("Mailboxes that one session may watch with NOTIFY; beyond it NOTIFICATIONOVERFLOW", Reference = "RFC 5465")]
    [OptionRange("1", "1000000")]
    public int MaxNotifyMailboxes { get; set; } = 1000;

    [Option("Event groups, and mailbox names in them, in one NOTIFY command", Reference = "RFC 5465")]
    [OptionRange("10", "100000")]
    public int MaxNotifyNames { get; set; } = 500;

    [Option("Search keys in one command; more are refused with NO [LIMIT]")]
    [OptionRange("10", "20000")]
    public int MaxSearchKeys { get; set; } = 1000;

    [Option("Texts that one command may look for: arguments of TEXT, BODY, SUBJECT and their like, each word counted after FUZZY")]
    [OptionRange("1", "10000")]
    public int MaxSearchTexts { get; set; } = 200;

    [Option("How deep search keys may be nested")]
    [OptionRange("2", "50")]
    public int MaxSearchDepth { get; set; } = 50;

    [Option("Messages that one search may list, sort, thread, save or keep up to date; more are refused with NO [LIMIT]. MIN, MAX, COUNT and PARTIAL are answered however many there are. 0 is no limit")]
    [OptionRange("0", "2147483647")]
    public int MaxSearchResults { get; set; }

    [Option("SEARCH, SORT, THREAD and ESEARCH commands that an account may run in a minute, all its connections to this process together; more are refused with NO [LIMIT]. As many may come at once. 0 is no limit")]
    [OptionRange("0", "1000000")]
    public int SearchRate { get; set; }

    [Option("Searches per connection whose results are kept up to date; one more is answered with NOUPDATE", Reference = "RFC 5267 4.3.1")]
    [OptionRange("1", "1000")]
    public int MaxSearchContexts { get; set; } = 16;

    [Option("Mailboxes that one ESEARCH may look into; more are refused with NO [LIMIT]", Reference = "RFC 7377")]
    [OptionRange("1", "100000")]
    public int MaxSearchMailboxes { get; set; } = 5000;

    [Option("Mailboxes that one ESEARCH looks into at the same time", Reference = "RFC 7377")]
    [OptionRange("1", "64")]
    public int SearchConcurrency { get; set; } = 4;

    [Option("Bodies that one FETCH of many messages opens ahead of the one it sends; 0 opens each when its turn comes")]
    [OptionRange("0", "32")]
    public int FetchAhead { get; set; } = 8;

    [Option("Largest body that is opened ahead; it may be in memory until its turn comes")]
    [OptionRange("1KiB", "1MiB")]
    public ByteSize FetchAheadSize { get; set; } = ByteSize.KiB(64);

    [Option("Previews of messages kept in memory, shared by all connections", Reference = "RFC 8970")]
    [OptionRange("0", "10000000")]
    public int MaxPreviews { get; set; } = 20_000;

    [Option("How long one FETCH may spend on previews that the client asked for with LAZY, before it answers NIL for the rest", Reference = "RFC 8970 4")]
    [OptionRange("0", "1m")]
    public TimeSpan LazyPreviewTime { get; set; } = TimeSpan.FromMilliseconds(200);

    [Option("NOOP and CHECK ask the mailbox's writer when nobody has for this long, in case an announcement was lost; where mailboxes.confirm_select asks the database, and in a cluster, they always do")]
    [OptionRange("0", "1h")]
    public TimeSpan RefreshAfter { get; set; } = TimeSpan.FromSeconds(5);

    [Option("How long the server may work on one command before it gives up with NO [LIMIT]; waiting for the client does not count; 0 is no limit")]
    [OptionRange("1s", "1d", OrZero = true)]
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromMinutes(10);

    [Option("Capabilities that no client is told of and none can use, by their names")]
    public IReadOnlyList<string> DisabledCaps { get; set; } = [];

    [Option("Words to add to the list of capabilities as they are: nothing is done for them")]
    public IReadOnlyList<string> AdditionalCaps { get; set; } = [];

    [Option("Primary addresses of those who may set quotas (SETQUOTA) and the server's shared annotations (SETMETADATA)")]
    public IReadOnlyList<string> Administrators { get; set; } = [];

    [Option("How to reach the administrator, as a URI: the server's annotation /shared/admin", Reference = "RFC 5464 3.2.1.1", Example = "mailto:postmaster@example.org")]
    public string? AdminContact { get; set; }

    [Option("Value of \"name\" in the answer to ID; empty leaves it out", Reference = "RFC 2971")]
    public string IdName { get; set; } = "Sora";

    [Option("Value of \"version\" in the answer to ID; empty leaves it out")]
    public string IdVersion { get; set; } = "";

    [Option("Value of \"vendor\" in the answer to ID; empty leaves it out")]
    public string IdVendor { get; set; } = "";

    [Option("Value of \"support-url\" in the answer to ID; empty leaves it out")]
    public string IdSupportUrl { get; set; } = "";

    [Option("Tell the client in the answer to ID under which address it is known, as \"remote-host\"")]
    public bool IdRemoteHost { get; set; } = true;

    public IReadOnlyList<ClientFilter> ClientFilters { get; set; } = [];

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        foreach (var message in base.Validate())
            yield return message;
        foreach (var message in Capabilities.CheckDisabled("disabled_caps", DisabledCaps))
            yield return message;
        foreach (var message in Capabilities.CheckAdditional("additional_caps", AdditionalCaps))
            yield return message;
        if (AdminContact is { } contact && !Uri.TryCreate(contact, UriKind.Absolute, out _))
            yield return "admin_contact must be a URI such as \"mailto:postmaster@example.org\"";
        if (WhyNoPrefix(OtherUsersPrefix) is { } others)
            yield return $"other_users_prefix {others}";
        if (WhyNoPrefix(SharedPrefix) is { } shared)
            yield return $"shared_prefix {shared}";
        if (OtherUsersPrefix.Length > 0 && SharedPrefix.Length > 0
            && (OtherUsersPrefix.StartsWith(SharedPrefix, StringComparison.Ordinal) || SharedPrefix.StartsWith(OtherUsersPrefix, StringComparison.Ordinal)))
            yield return "other_users_prefix and shared_prefix must not lie within each other";
        if (MessageLimit > 0 && SaveLimit > 0)
            yield return "message_limit and save_limit must not both be set (RFC 9738 section 3)";
        if (MaxCommand < MaxLiteral)
            yield return "max_command must not be smaller than max_literal";
    }

    private static string? WhyNoPrefix(string prefix)
    {
        if (prefix.Length == 0)
            return null;
        var name = MailboxName.Parse(prefix);
        if (!prefix.EndsWith(MailboxName.Separator) || !name.IsOk)
            return "must be a mailbox name that ends with /";
        return name.Value.IsInbox || name.Value.IsBelow(MailboxName.Inbox) ? "must not be in INBOX" : null;
    }

    internal ReaderLimits ToReaderLimits() =>
        new(MaxLine.ToInt32(), MaxLiteral.ToInt32(), MaxCommand.ToInt32(), MaxLiterals, 2 * AppendLimit.Bytes);
}
