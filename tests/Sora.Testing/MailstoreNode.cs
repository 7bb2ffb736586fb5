using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Mailstore;
using Sora.Mailstore.Accounts;
using Sora.Mailstore.Accounts.Lookup;
using Sora.Mailstore.Accounts.Passwords;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Sieve;
using Sora.Mailstore.Storage;
using Sora.Mailstore.Storage.Embedded;

namespace Sora.Testing;

/// <summary>The engine as one process has it, on a database of the tests' PostgreSQL. Two nodes on one address are two processes for each other.</summary>
public sealed class MailstoreNode : IAsyncDisposable
{
    private static readonly PasswordOptions QuickPasswords = new() { BcryptCost = 4, ScramIterations = 4096 };

    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(100);

    private readonly MailstoreMetrics _metrics = new();
    private readonly PasswordVerifier _verifier;
    private readonly PasswordHasher _hasher;

    private MailstoreNode(PostgresAddress address, MailboxOptions options, QuotaOptions quota, TimeSpan? maxSilence, bool confirmsSelect, TimeSpan commitWait)
    {
        Address = address;
        Database = PostgresFixture.Open(address);
        Feed = new ChangeFeed(Database, NullLogger<ChangeFeed>.Instance) { KeepAlive = maxSilence is { } silence && silence / 4 > Often ? silence / 4 : maxSilence is null ? TimeSpan.FromSeconds(30) : Often };
        Quotas = new QuotaHost(Database, Feed, quota, new AccountOptions().MaxMailboxes, TimeProvider.System, NullLoggerFactory.Instance) { OthersCommit = confirmsSelect };
        Scripts = new SieveScriptHost(Database, Feed, SieveOptions, NullLoggerFactory.Instance);
        SieveHistory = new SieveHistoryHost(Database, SieveOptions, NullLoggerFactory.Instance);
        SieveLists = ListsOf(SieveOptions);
        Mailboxes = new MailboxHost(Database, Feed, options, _metrics, TimeProvider.System, NullLoggerFactory.Instance, commitWait)
        {
            Quotas = Quotas,
            ConfirmsSelect = confirmsSelect,
            MaxSilence = maxSilence,
            RecentRecords = maxSilence is null ? 0 : 128,
        };
        var hasher = new PasswordHasher(QuickPasswords);
        _verifier = new PasswordVerifier(hasher, QuickPasswords, TimeProvider.System);
        Accounts = new AccountHost(Database, Feed, Mailboxes, _verifier, AccountOptions, TimeProvider.System, NullLoggerFactory.Instance);
        Metadata = new MetadataHost(Database, Feed, Mailboxes, Accounts, new MetadataOptions { MaxEntries = 10 }, NullLoggerFactory.Instance);
        Maildrops = new MaildropHost(Database, MaildropOptions, TimeProvider.System, NullLoggerFactory.Instance);
        Sharing = new SharingHost(Database, Accounts, SharingOptions);
        Administration = new AccountAdministration(Database, hasher, Accounts.Announce);
        Credentials = new CredentialAdministration(Database, hasher, AccountOptions, Accounts.Announce);
        _hasher = hasher;
    }

    public PostgresAddress Address { get; }

    public Database Database { get; }

    public ChangeFeed Feed { get; }

    public QuotaHost Quotas { get; }

    public MetadataHost Metadata { get; }

    public SieveScriptHost Scripts { get; }

    public SieveHistoryHost SieveHistory { get; }

    public SieveListHost SieveLists { get; }

    /// <summary>The lists of a site with other options; to be disposed of by the caller.</summary>
    public SieveListHost ListsOf(SieveOptions options) =>
        new(new SiteLists(options, TimeProvider.System, NullLoggerFactory.Instance, _metrics), Database, Feed, options, NullLoggerFactory.Instance);

    /// <summary>May be changed before what it rules is used.</summary>
    public SieveOptions SieveOptions { get; } = new();

    public MailboxHost Mailboxes { get; }

    public AccountHost Accounts { get; }

    public MaildropHost Maildrops { get; }

    /// <summary>May be changed before what it rules is used.</summary>
    public MaildropOptions MaildropOptions { get; } = new() { LockWait = TimeSpan.Zero };

    public SharingHost Sharing { get; }

    /// <summary>May be changed before what it rules is used.</summary>
    public SharingOptions SharingOptions { get; } = new();

    public AccountAdministration Administration { get; }

    public CredentialAdministration Credentials { get; }

    /// <summary>May be changed before what it rules is used.</summary>
    public AccountOptions AccountOptions { get; } = new() { LastUseInterval = TimeSpan.FromSeconds(1) };

    public MailstoreMetrics Metrics => _metrics;

    /// <param name="address">A database that others may be on; null for a fresh one.</param>
    /// <param name="options">[mailboxes]</param>
    /// <param name="quota">[quota]</param>
    /// <param name="confirmsSelect">What mailboxes.confirm_select makes of it.</param>
    /// <param name="hears">Hears what other nodes announce.</param>
    /// <param name="maxSilence">For a node that hosts mailboxes for others: what it knows is doubtful when it has not heard of the database for this long.</param>
    public static async Task<MailstoreNode> StartAsync(
        PostgresAddress? address = null, MailboxOptions? options = null, QuotaOptions? quota = null, TimeSpan? maxSilence = null, bool confirmsSelect = false,
        bool hears = true, TimeSpan commitWait = default)
    {
        var node = new MailstoreNode(
            address ?? await PostgresFixture.CreateAddressAsync(), options ?? new MailboxOptions(), quota ?? new QuotaOptions(), maxSilence, confirmsSelect, commitWait);
        if (hears)
            await node.Feed.StartAsync(CancellationToken.None);
        return node;
    }

    /// <summary>A new account with its default mailboxes.</summary>
    public async Task<IAccount> CreateAccountAsync(string address = "user@example.com", string password = "secret") =>
        Accounts.Get((await Administration.CreateAsync(address, password, CancellationToken.None)).Value);

    public async Task ChangePasswordAsync(string address, string password, bool endSessions = false) =>
        _ = (await Credentials.SetPasswordAsync(address, new NewPassword(_hasher.Hash(password), password), endSessions, CancellationToken.None)).Value;

    /// <summary>Gives an account another address, with the same password.</summary>
    public async Task AddAddressAsync(string account, string address) =>
        _ = (await Credentials.AddAsync(account, address, null, CredentialSettings.Default, primary: false, CancellationToken.None)).Value;

    public async Task<IMailbox> InboxAsync(IAccount account) => Mailboxes.Get(await IdAsync(account, "INBOX"));

    public static async Task<MailboxId> IdAsync(IAccount account, string name) =>
        (await account.ListAsync(CancellationToken.None)).Find(MailboxName.Parse(name).Value)!.Id;

    /// <summary>The accounts of a site whose users live elsewhere.</summary>
    public ExternalAccounts With(IAccountLookup lookup, bool mayCreate = true, bool usesLocal = true) =>
        new(Accounts, lookup, Database, Quotas, _hasher, _verifier, mayCreate, usesLocal, NullLogger<ExternalAccounts>.Instance);

    public async ValueTask DisposeAsync()
    {
        await Maildrops.DisposeAsync();
        Sharing.Dispose();
        Metadata.Dispose();
        await Accounts.DisposeAsync();
        await Mailboxes.DisposeAsync();
        Quotas.Dispose();
        Scripts.Dispose();
        SieveLists.Dispose();
        await Feed.DisposeAsync();
        _verifier.Dispose();
        _metrics.Dispose();
        await Database.DisposeAsync();
    }
}
