using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Mailstore;
using Sora.Mailstore.Accounts;
using Sora.Mailstore.Accounts.Logins;
using Sora.Mailstore.Accounts.Passwords;
using Sora.Mailstore.Audit;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Encoded;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Bodies.Uploads;
using Sora.Mailstore.Bodies.Verify;
using Sora.Mailstore.Certificates;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Relay;
using Sora.Mailstore.Retention;
using Sora.Mailstore.Search;
using Sora.Mailstore.Sessions;
using Sora.Mailstore.Sieve;
using Sora.Mailstore.Storage;

namespace Sora.Admin;

/// <summary>
/// The engine for one command. What was announced to running servers is sent when the session ends, so that none of them keeps an old
/// password or list of mailboxes.
/// </summary>
internal sealed class AdminSession : IAsyncDisposable
{
    private readonly AdminDatabase _database;
    private readonly WarningLog _log;
    private readonly ChangeFeed _feed;
    private readonly MailstoreMetrics _metrics = new();
    private MailboxHost? _mailboxes;
    private PasswordVerifier? _verifier;
    private AccountHost? _accounts;
    private SharingHost? _sharing;
    private MetadataHost? _metadata;
    private RetentionAdministration? _retention;
    private CommandRun? _audited;
    private long _auditEntry;

    private AdminSession(AdminDatabase database, WarningLog log)
    {
        _database = database;
        _log = log;
        _feed = new ChangeFeed(database.Database, log.CreateLogger<ChangeFeed>());
        var hasher = new PasswordHasher(database.Options.Passwords);
        Accounts = new AccountAdministration(database.Database, hasher, _feed.AnnounceAccount);
        Credentials = new CredentialAdministration(database.Database, hasher, database.Options.Accounts, _feed.AnnounceAccount);
        Search = new SearchAdministration(database.Database);
        Quotas = new QuotaHost(database.Database, _feed, database.Options.Quota, database.Options.Accounts.MaxMailboxes, TimeProvider.System, log);
        Scripts = new SieveScriptHost(database.Database, _feed, database.Options.Sieve, log);
        ScriptLog = new SieveHistoryHost(database.Database, database.Options.Sieve, log);
        SiteLists = new SiteLists(database.Options.Sieve, TimeProvider.System, NullLoggerFactory.Instance); // its Problems are shown
        Lists = new SieveListHost(SiteLists, database.Database, _feed, database.Options.Sieve, log);
        Relay = new RelayAdministration(database.Database);
        Uploads = new UploadAdministration(database.Database);
        Certificates = new CertificateHost(database.Database, _feed, database.Options.TlsStore, log);
        Audit = new AuditAdministration(database.Database);
        LoginLimits = new LoginLimitAdministration(database.Database, _feed);
        Keys = new KeyAdministration(database.Database);
        Sessions = new SessionAdministration(database.Database, TimeProvider.System);
    }

    public AccountAdministration Accounts { get; }

    public CredentialAdministration Credentials { get; }

    public QuotaHost Quotas { get; }

    public SearchAdministration Search { get; }

    public SieveScriptHost Scripts { get; }

    public SieveHistoryHost ScriptLog { get; }

    public SiteLists SiteLists { get; }

    /// <summary>External lists.</summary>
    public SieveListHost Lists { get; }

    /// <summary>Accounts by number, for those who ask for others' mailboxes.</summary>
    public IAccounts AccountHost => Engine();

    /// <summary>Annotations.</summary>
    public IMetadata Metadata
    {
        get
        {
            var accounts = Engine();
            return _metadata ??= new MetadataHost(_database.Database, _feed, _mailboxes!, accounts, new MetadataOptions(), _log);
        }
    }

    /// <summary>What was deleted and can be brought back.</summary>
    public RetentionAdministration Retention
    {
        get
        {
            var accounts = Engine();
            return _retention ??= new RetentionAdministration(_database.Database, _mailboxes!, accounts, Quotas);
        }
    }

    public RelayAdministration Relay { get; }

    /// <summary>Bodies on their way to the object store.</summary>
    public UploadAdministration Uploads { get; }

    /// <summary>TLS certificates that all nodes share.</summary>
    public CertificateHost Certificates { get; }

    public AuditAdministration Audit { get; }

    /// <summary>Wrong passwords.</summary>
    public LoginLimitAdministration LoginLimits { get; }

    /// <summary>What bodies are encrypted with.</summary>
    public KeyAdministration Keys { get; }

    /// <summary>The sessions of all nodes.</summary>
    public SessionAdministration Sessions { get; }

    /// <summary>Access control lists.</summary>
    public ISharing Sharing
    {
        get
        {
            Engine();
            return _sharing!;
        }
    }

    /// <summary>Opens the database for a command that only reads.</summary>
    public static Task<AdminSession> ReadAsync(CommandRun run, CancellationToken cancellationToken) =>
        ReadAsync(run, run.LoadOptions(), cancellationToken);

    /// <inheritdoc cref="ReadAsync(CommandRun, CancellationToken)"/>
    public static Task<AdminSession> ReadAsync(CommandRun run, AdminOptions options, CancellationToken cancellationToken) =>
        OpenAsync(run, options, announces: false, cancellationToken);

    /// <summary>Opens the database for a command that changes something, which is written into the audit log.</summary>
    public static Task<AdminSession> ChangeAsync(CommandRun run, CancellationToken cancellationToken) =>
        ChangeAsync(run, run.LoadOptions(), cancellationToken);

    /// <inheritdoc cref="ChangeAsync(CommandRun, CancellationToken)"/>
    public static Task<AdminSession> ChangeAsync(CommandRun run, AdminOptions options, CancellationToken cancellationToken) =>
        OpenAsync(run, options, announces: true, cancellationToken);

    /// <summary>Compares database, staging and object store.</summary>
    /// <exception cref="IOException">The object store is not there.</exception>
    /// <exception cref="AdminException">Nothing says where it is.</exception>
    public Verification Verification(CommandRun run) =>
        new(_database.Database, _database.Options.Storage, run.DataFolder ?? Directory.GetCurrentDirectory(), TimeProvider.System, OpenObjects(run));

    /// <summary>Whose bodies the object store keeps.</summary>
    /// <inheritdoc cref="Verification"/>
    public OwnerAdministration ObjectOwner(CommandRun run) => new(_database.Database, OpenObjects(run));

    /// <summary>The mailboxes of the account that has the address. NONEXISTENT.</summary>
    public async Task<MailResult<AccountMailboxes>> MailboxesAsync(string address, CancellationToken cancellationToken)
    {
        var found = await Accounts.FindAsync(address, cancellationToken);
        if (!found.IsOk)
            return found.Error;
        var summary = found.Value.Summary;
        if (summary.DeletedAt is not null)
            return new MailError(MailErrorCode.NonExistent, $"The account {summary.PrimaryAddress} is deleted: bring it back with accounts restore");
        return new AccountMailboxes(summary.PrimaryAddress, Engine().Get(summary.Id));
    }

    /// <summary>The shared mailboxes of a domain. NONEXISTENT when it has none and they may not be created; CANNOT when it is no domain.</summary>
    public async Task<MailResult<AccountMailboxes>> SharedMailboxesAsync(string domain, bool mayCreate, CancellationToken cancellationToken)
    {
        var parsed = SharingHost.ParseDomain(domain);
        if (!parsed.IsOk)
            return parsed.Error;
        var accounts = Engine();
        var account = mayCreate
            ? await _sharing!.EnsureAccountAsync(parsed.Value, cancellationToken)
            : await _sharing!.FindSharedAccountAsync(parsed.Value, cancellationToken);
        return account is { } id
            ? new AccountMailboxes(parsed.Value, accounts.Get(id))
            : new MailError(MailErrorCode.NonExistent, $"{parsed.Value} has no shared mailboxes");
    }

    private IObjectStore OpenObjects(CommandRun run)
    {
        var options = _database.Options;
        if (options.Storage is { ObjectStore: ObjectStoreKind.Filesystem, BodiesFolder: null } && string.IsNullOrEmpty(run.DataFolder))
            throw new AdminException("name the server's data folder with --data DIR, or its configuration with --config FILE (storage.bodies_folder)", ExitCode.Usage);
        return Sora.Mailstore.Bodies.Verify.Verification.OpenObjects(
            options.Storage, options.S3, run.DataFolder ?? Directory.GetCurrentDirectory(), _metrics, TimeProvider.System, _log);
    }

    private AccountHost Engine()
    {
        var options = _database.Options;
        _mailboxes ??= new MailboxHost(_database.Database, _feed, new MailboxOptions(), _metrics, TimeProvider.System, _log);
        _verifier ??= new PasswordVerifier(new PasswordHasher(options.Passwords), options.Passwords, TimeProvider.System);
        _accounts ??= new AccountHost(_database.Database, _feed, _mailboxes, _verifier, options.Accounts, TimeProvider.System, _log);
        _sharing ??= new SharingHost(_database.Database, _accounts, options.Sharing);
        return _accounts;
    }

    public async ValueTask DisposeAsync()
    {
        await EndAuditAsync();
        Quotas.Dispose();
        Scripts.Dispose();
        Lists.Dispose();
        Certificates.Dispose();
        _metadata?.Dispose();
        _sharing?.Dispose();
        if (_accounts is not null)
            await _accounts.DisposeAsync();
        if (_mailboxes is not null)
            await _mailboxes.DisposeAsync();
        await _feed.DisposeAsync();
        _verifier?.Dispose();
        _metrics.Dispose();
        await _database.DisposeAsync();
    }

    private async Task EndAuditAsync()
    {
        if (_audited is not { } run)
            return;
        try
        {
            await Audit.EndAsync(_auditEntry, run.HasResult && run.Failure is null, run.Act.Clean(run.Failure), CancellationToken.None);
        }
        catch (Exception e) when (e is Npgsql.NpgsqlException or IOException or TimeoutException)
        {
            run.Say($"the audit log says of this command only that it was begun: {e.Message}");
        }
    }

    private static async Task<AdminSession> OpenAsync(CommandRun run, AdminOptions options, bool announces, CancellationToken cancellationToken)
    {
        var session = new AdminSession(await AdminDatabase.OpenAsync(run, options, cancellationToken), new WarningLog(run.Terminal));
        try
        {
            if (announces)
            {
                await session._feed.StartAsync(cancellationToken);
                var act = run.Act;
                session._auditEntry = await session.Audit.BeginAsync(Environment.MachineName, act.Actor, act.Action, act.Detail, cancellationToken);
                session._audited = run;
            }

            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }
}

/// <summary>An account whose mailboxes are looked at.</summary>
/// <param name="Owner">Its primary address, or the domain whose shared mailboxes it has.</param>
internal sealed record AccountMailboxes(string Owner, IAccount Account);
