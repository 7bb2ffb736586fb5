using System.CommandLine;
using System.CommandLine.Invocation;
using Npgsql;
using Sora.Admin.Accounts;
using Sora.Admin.Acl;
using Sora.Admin.Audit;
using Sora.Admin.Auth;
using Sora.Admin.Cluster;
using Sora.Admin.Connections;
using Sora.Admin.Credentials;
using Sora.Admin.ExternalLists;
using Sora.Admin.Health;
using Sora.Admin.Keys;
using Sora.Admin.Mailboxes;
using Sora.Admin.Messages;
using Sora.Admin.Migrate;
using Sora.Admin.Quotas;
using Sora.Admin.Relay;
using Sora.Admin.Search;
using Sora.Admin.Sieve;
using Sora.Admin.Storage;
using Sora.Admin.Tls;
using Sora.Admin.Uploads;
using Sora.Admin.Verify;
using Sora.Configuration;
using Sora.Mailstore.Storage;

namespace Sora.Admin;

/// <summary>The program: its commands, and the one place where what goes wrong becomes a line and an exit code.</summary>
internal static class AdminProgram
{
    // After Ctrl-C a private PostgreSQL that was started for the command is stopped in an orderly way
    private static readonly TimeSpan LongestEnd = TimeSpan.FromMinutes(1);

    public static async Task<int> RunAsync(string[] arguments, Terminal terminal, CancellationToken cancellationToken = default)
    {
        // A password may begin with an @, which must not name a file of more arguments
        var parsed = Build(terminal).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        if (parsed.Action is ParseErrorAction)
        {
            foreach (var error in parsed.Errors)
                Say(terminal, error.Message);
            Say(terminal, $"see '{CommandLineOf(parsed)} --help'");
            return ExitCode.Usage;
        }

        var invocation = new InvocationConfiguration
        {
            Output = terminal.Output,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = LongestEnd,
        };
        try
        {
            return await parsed.InvokeAsync(invocation, cancellationToken);
        }
        catch (Exception caught)
        {
            // What runs on several processors wraps what went wrong
            var e = caught is AggregateException { InnerException: { } inner } ? inner : caught;
            foreach (var line in Lines(e))
                Say(terminal, line);
            return e switch
            {
                AdminException known => known.ExitCode,
                OperationCanceledException => ExitCode.Interrupted,
                _ => ExitCode.Failed,
            };
        }
        finally
        {
            await terminal.Output.FlushAsync(CancellationToken.None);
        }
    }

    /// <summary>One line on standard error.</summary>
    public static void Say(Terminal terminal, string text) => terminal.Error.WriteLine("sora-admin: " + text.ReplaceLineEndings(" "));

    private static RootCommand Build(Terminal terminal)
    {
        var host = new CommandHost(new GlobalOptions(), terminal);
        var root = new RootCommand("Administers a Sora mail store.")
        {
            new Command("accounts", "Accounts: who has mail here")
            {
                new AccountsCreateCommand(host), new AccountsListCommand(host), new AccountsShowCommand(host), new AccountsUpdateCommand(host),
                new AccountsDeleteCommand(host), new AccountsRestoreCommand(host), AccountsDisableCommand.Disabling(host), AccountsDisableCommand.Enabling(host),
            },
            new Command("credentials", "The addresses of an account and its passwords, of which it may have many")
            {
                new CredentialsAddCommand(host), new CredentialsListCommand(host), new CredentialsUpdateCommand(host), new CredentialsDeleteCommand(host),
            },
            new Command("auth", "Who has given too many wrong passwords") { new AuthBlockedCommand(host), new AuthUnblockCommand(host) },
            new Command("audit", "Who has logged in or tried to, and what administrators have done") { new AuditListCommand(host) },
            new Command("acl", "Who else may do what with a mailbox") { new AclGetCommand(host), new AclSetCommand(host), new AclDeleteCommand(host) },
            new Command("mailbox", "The mailboxes of an account, or the shared ones of a domain")
            {
                new MailboxListCommand(host), new MailboxCreateCommand(host), new MailboxDeleteCommand(host), new MailboxListDeletedCommand(host),
                new MailboxRestoreCommand(host),
            },
            new Command("messages", "Expunged messages, for as long as they are kept") { new MessagesListDeletedCommand(host), new MessagesRestoreCommand(host) },
            new Command("quota", "What accounts may hold") { new QuotaGetCommand(host), new QuotaSetCommand(host) },
            new Command("uploader", "Bodies on their way to the object store")
            {
                new UploaderStatusCommand(host), new UploaderShowCommand(host), new UploaderRetryCommand(host),
            },
            new Command("search", "The search index") { new SearchStatusCommand(host), new SearchReindexCommand(host) },
            new Command("sieve", "Sieve scripts of accounts")
            {
                new SieveListCommand(host), new SieveShowCommand(host), new SievePutCommand(host), new SieveActivateCommand(host), new SieveDeactivateCommand(host),
                new SieveRenameCommand(host), new SieveDeleteCommand(host), new SieveLogCommand(host), new SieveCheckCommand(host), new SieveTestCommand(host),
            },
            new Command("extlist", "External lists of accounts, such as their address books, which scripts ask with :list")
            {
                new ExtlistListCommand(host), new ExtlistShowCommand(host), new ExtlistPutCommand(host), ExtlistMembersCommand.Adding(host), ExtlistMembersCommand.Removing(host),
                new ExtlistDeleteCommand(host),
            },
            new Command("relay", "What waits to leave: redirects, answers, reports and notifications")
            {
                new RelayListCommand(host), new RelayShowCommand(host), new RelayRetryCommand(host), new RelayDeleteCommand(host),
            },
            new Command("tls", "TLS certificates in the database, the same for all nodes")
            {
                new TlsListCommand(host), new TlsShowCommand(host), new TlsImportCommand(host), new TlsDeleteCommand(host), new TlsRenewCommand(host), new TlsResealCommand(host),
            },
            new Command("keys", "The keys that bodies are encrypted with")
            {
                new KeysGenerateCommand(host), new KeysListCommand(host), new KeysStatusCommand(host), new KeysRotateCommand(host),
            },
            new Command("storage", "The object store that keeps the bodies") { new StorageOwnerCommand(host), new StorageAdoptCommand(host) },
            new Command("connections", "The sessions of mail clients, on all nodes") { new ConnectionsListCommand(host), new ConnectionsKickCommand(host) },
            new Command("cluster", "The mailstores of a cluster, and what they host") { new ClusterNodesCommand(host), new ClusterWhereCommand(host) },
            new Command("node", "A running node") { NodeMaintenanceCommand.Draining(host), NodeMaintenanceCommand.Resuming(host) },
            new Command("migrate", "The schema of the database") { new MigrateUpCommand(host), new MigrateStatusCommand(host) },
            new VerifyCommand(host),
            new HealthCommand(host),
        };
        host.Globals.AddTo(root);
        return root;
    }

    private static string CommandLineOf(ParseResult parsed)
    {
        var names = new List<string>();
        for (var result = parsed.CommandResult; result is not null; result = result.Parent as System.CommandLine.Parsing.CommandResult)
            names.Insert(0, result.Command is RootCommand ? "sora-admin" : result.Command.Name);
        return string.Join(' ', names);
    }

    private static IEnumerable<string> Lines(Exception e) => e switch
    {
        AdminException or DatabaseException => [e.Message],
        ConfigurationException wrong => wrong.Errors.Select(static error => error.ToString()),
        OperationCanceledException => ["interrupted"],
        PostgresException refused => [$"the database refused it: {refused.MessageText} ({refused.SqlState})"],
        NpgsqlException lost => [$"the database failed: {(lost.InnerException ?? lost).Message}"],
        IOException or UnauthorizedAccessException or PlatformNotSupportedException => [e.Message],
        _ => [$"unexpected {e.GetType().Name}: {e.Message}"],
    };
}
