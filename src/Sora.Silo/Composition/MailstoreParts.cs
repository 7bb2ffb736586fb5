using Sora.Contracts;
using Sora.Mailstore;
using Sora.Mailstore.Accounts;
using Sora.Mailstore.Accounts.Logins;
using Sora.Mailstore.Accounts.Lookup;
using Sora.Mailstore.Accounts.Passwords;
using Sora.Mailstore.Audit;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Objects.S3;
using Sora.Mailstore.Certificates;
using Sora.Mailstore.Delivery;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Maintenance;
using Sora.Mailstore.Relay;
using Sora.Mailstore.Search;
using Sora.Mailstore.Sessions;
using Sora.Mailstore.Sieve;
using Sora.Mailstore.Storage;
using Sora.Mailstore.Storage.Embedded;
using Sora.Silo.Configuration;

namespace Sora.Silo.Composition;

/// <summary>The engine of this node, wired together.</summary>
internal sealed record MailstoreParts(
    AccountHost Accounts, SharingHost Sharing, MailboxHost Mailboxes, BodyHost Bodies, MessageDelivery Delivery, AccountAdministration Administration)
{
    /// <summary>The accounts as those who come from outside see them: with those that a service knows.</summary>
    public required IAccounts Users { get; init; }

    /// <summary>Where the writers of mailboxes are found: in this process, or in the cluster.</summary>
    public required IMailboxes Writers { get; init; }

    /// <summary>How nodes hear of each other's changes.</summary>
    public required ChangeFeed Feed { get; init; }

    public required IQuotas Quotas { get; init; }

    /// <summary>Which POP3 session has which maildrop.</summary>
    public required MaildropHost Maildrops { get; init; }

    /// <summary>Counts wrong passwords.</summary>
    public required LoginLimitHost LoginLimits { get; init; }

    /// <summary>Writes down who logs in.</summary>
    public required LoginJournal Journal { get; init; }

    public required IMetadata Metadata { get; init; }

    public required SearchHost Search { get; init; }

    public required SieveScriptHost Scripts { get; init; }

    public required SieveHistoryHost SieveHistory { get; init; }

    public required SieveFiles SieveFiles { get; init; }

    public required SieveListHost SieveLists { get; init; }

    /// <summary>TLS certificates that all nodes share.</summary>
    public required CertificateHost Certificates { get; init; }

    /// <summary>What all nodes know of ACME servers.</summary>
    public required AcmeHost Acme { get; init; }

    /// <summary>How nodes tell each other of sessions.</summary>
    public required ISessionNews SessionNews { get; init; }

    /// <summary>Lets administrators ask for the sessions of this node, until the result is disposed.</summary>
    public required Func<ISessions, SessionResponder> AnswerSessions { get; init; }

    /// <summary>Takes what leaves.</summary>
    public required RelayQueue Relay { get; init; }

    /// <summary>Opens the database: starts the private server if there is to be one, waits until it answers, and brings the schema up to date.</summary>
    /// <exception cref="DatabaseException">It cannot be used.</exception>
    public static async Task<Database> OpenDatabaseAsync(
        SoraOptions options, string dataFolder, Parts parts, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        PostgresAddress? address = null;
        if (options.Database.Embedded)
        {
            // sora-admin --data looks for it in the same place
            var server = await EmbeddedPostgres.StartAsync(
                options.Database.EmbeddedServer, dataFolder, loggers.CreateLogger<EmbeddedPostgres>(), cancellationToken);
            address = parts.Add("The private PostgreSQL", server).Address;
        }

        var database = parts.Add("The database's connections", new Database(options.Database, address, loggers));
        await database.WaitUntilReadyAsync(options.Database.StartTimeout, cancellationToken);
        await new Migrator(database, options.Database, logger: loggers.CreateLogger<Migrator>()).PrepareAsync(cancellationToken);
        await database.FillPoolsAsync(cancellationToken);
        return database;
    }

    /// <summary>Starts the engine on a database that is ready.</summary>
    /// <exception cref="StartException">A folder cannot be used.</exception>
    public static async Task<MailstoreParts> StartAsync(
        SoraOptions options, string dataFolder, Database database, IAccountLookup? lookup, Parts parts, ILoggerFactory loggers, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var metrics = parts.AddDisposable("Metrics of the mail store", new MailstoreMetrics());
        var files = new SieveFiles(options.Sieve, time, loggers, metrics, SiteCheck.Scripts(options));
        var lists = new SiteLists(options.Sieve, time, loggers, metrics);
        var node = new NodePresence(database, options.Node.EffectiveName);
        var feed = parts.Add("The change feed", node.CreateFeed(loggers.CreateLogger<ChangeFeed>(), KeepAliveOf(options), options.Cluster.Enabled ? options.Cluster.NotifyInterval : null));
        await feed.StartAsync(cancellationToken);
        var passwords = new PasswordHasher(options.Passwords);
        var verifier = parts.AddDisposable("Password checks", new PasswordVerifier(passwords, options.Passwords, time));
        metrics.ObservePasswordChecks(() => verifier.Checks, () => verifier.Waiting);
        var quotas = parts.AddDisposable("Quotas", new QuotaHost(database, feed, options.Quota, options.Accounts.MaxMailboxes, time, loggers)
        {
            OthersCommit = OthersWrite(options),
        });
        var scripts = parts.AddDisposable("Sieve scripts", new SieveScriptHost(database, feed, options.Sieve, loggers));
        var mailboxes = parts.Add("Mailboxes", new MailboxHost(
            database, feed, options.Mailboxes, metrics, time, loggers, options.Cluster.Enabled ? options.Cluster.CommitWait : TimeSpan.Zero)
        {
            Quotas = quotas,
            ConfirmsSelect = OthersWrite(options),
            MaxSilence = HostsForOthers(options) ? options.Cluster.MaxSilence : null,
            RecentRecords = HostsForOthers(options) ? options.Cluster.RecentRecords : 0,
        });
        var accounts = parts.Add("Accounts", new AccountHost(database, feed, mailboxes, verifier, options.Accounts, time, loggers));
        var metadata = parts.AddDisposable("Annotations", new MetadataHost(database, feed, mailboxes, accounts, options.Metadata, loggers));
        var maildrops = parts.Add("Maildrops", new MaildropHost(database, options.Maildrops, time, loggers));
        var loginLimits = parts.Add(
            "Login limits", await LoginLimitHost.StartAsync(database, feed, options.LoginLimits, metrics, time, loggers, cancellationToken));
        var journal = parts.Add("The audit log", new LoginJournal(database, options.Audit, options.Node.EffectiveName, metrics, time, loggers));
        parts.Add("The log of administrators", new AdminActLog(database, feed, loggers));
        var sharing = parts.AddDisposable("Sharing", new SharingHost(database, accounts, options.Sharing));
        var bodies = parts.Add("Bodies", OpenBodies(options, dataFolder, database, metrics, time, loggers));
        await StartBodiesAsync(bodies, cancellationToken);
        parts.Add(
            "Maintenance",
            new MaintenanceWorker(database, options.Maintenance, options.Retention, mailboxes, bodies.Objects, accounts.Announce, metrics, time, loggers));
        var search = parts.Add("The search index", new SearchHost(database, bodies.Messages, options.Search, metrics, time, loggers));
        if (options.Node.IsMailstore)
            search.Start();
        var relay = parts.AddDisposable("The relay's queue", RelayParts.OpenQueue(options.Relay, database, metrics, time));
        var certificates = parts.AddDisposable("Shared certificates", new CertificateHost(database, feed, options.TlsStore, loggers));
        var delivery = new MessageDelivery(accounts, mailboxes, options.Delivery, time);
        return new MailstoreParts(accounts, sharing, mailboxes, bodies, delivery, new AccountAdministration(database, passwords, accounts.Announce))
        {
            Users = lookup is null ? accounts : new ExternalAccounts(
                accounts, lookup, database, quotas, passwords, verifier, options.Auth.Lookup.CreateAccounts, options.Auth.Lookup.LocalAccounts,
                loggers.CreateLogger<ExternalAccounts>()),
            Writers = mailboxes,
            Feed = feed,
            Quotas = quotas,
            Maildrops = maildrops,
            LoginLimits = loginLimits,
            Journal = journal,
            Metadata = metadata,
            Search = search,
            Scripts = scripts,
            SieveHistory = new SieveHistoryHost(database, options.Sieve, loggers),
            SieveFiles = files,
            SieveLists = parts.AddDisposable("External lists", new SieveListHost(lists, database, feed, options.Sieve, loggers)),
            Relay = relay,
            Certificates = certificates,
            Acme = parts.AddDisposable("Answers to ACME servers", new AcmeHost(database, certificates, loggers)),
            SessionNews = new SessionNews(feed),
            AnswerSessions = sessions => new SessionResponder(database, feed, sessions, node, loggers),
        };
    }

    private static bool OthersWrite(SoraOptions options) =>
        options.Mailboxes.ConfirmSelect == ConfirmSelect.Always || (options.Mailboxes.ConfirmSelect == ConfirmSelect.Auto && !options.Database.Embedded);

    // Others may become the writers of a mailbox while this process is paused or cut off
    private static bool HostsForOthers(SoraOptions options) => options.Cluster.Enabled && options.Node.IsMailstore;

    private static TimeSpan? KeepAliveOf(SoraOptions options) => HostsForOthers(options) ? options.Cluster.MaxSilence / 4 : null;

    private static BodyHost OpenBodies(
        SoraOptions options, string dataFolder, Database database, MailstoreMetrics metrics, TimeProvider time, ILoggerFactory loggers)
    {
        try
        {
            return new BodyHost(database, options.Storage, dataFolder, metrics, time, loggers, s3: options.S3, ownFilesOnly: !options.Node.IsMailstore);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"storage: {e.Message}", e);
        }
        catch (S3SetupException e)
        {
            throw new StartException(e.Message, e);
        }
    }

    private static async Task StartBodiesAsync(BodyHost bodies, CancellationToken cancellationToken)
    {
        try
        {
            await bodies.StartAsync(cancellationToken);
        }
        catch (S3SetupException e)
        {
            throw new StartException(e.Message, e);
        }
        catch (IOException e)
        {
            throw new StartException($"storage: {e.Message}", e);
        }
    }
}
