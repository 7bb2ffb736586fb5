using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Imap;
using Sora.Gateway.Replicas;
using Sora.Gateway.Sasl;
using Sora.Gateway.Sieve;
using Sora.Gateway.Sieve.Mailboxes;
using Sora.Gateway.Tests.Connections;
using Sora.Gateway.Tests.Sieve.Delivery;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Delivery;
using Sora.Mailstore.Search;
using Sora.Mailstore.Sieve;
using Sora.Sieve;
using Sora.Testing;

namespace Sora.Gateway.Tests.Imap;

/// <summary>The IMAP server over real sockets, the real engine and a real database. Each test takes a user of its own.</summary>
public sealed class ImapFixture : IAsyncLifetime, IDisposable
{
    private readonly TempFolder _folder = new();
    private int _users;
    private TestGateway? _gateway;
    private ImapServer? _started;
    private readonly List<MailboxScripts> _scripts = [];

    internal Engine Engine { get; private set; } = null!;

    internal MailstoreNode Node => Engine.Node;

    internal BreakableStore Messages { get; private set; } = null!;

    internal BodyHost Bodies { get; private set; } = null!;

    /// <summary>What scripts send.</summary>
    internal RecordingRelay Relay { get; private set; } = null!;

    /// <summary>The search index, which does nothing unless a test tells it to.</summary>
    internal SearchHost Search { get; private set; } = null!;

    internal ImapServer Server { get; private set; } = null!;

    internal MailboxReplicas Replicas { get; private set; } = null!;

    internal ImapOptions Options { get; } = new()
    {
        AuthFailureDelay = TimeSpan.Zero,
        AppendLimit = Sora.Configuration.ByteSize.KiB(256),
        IdVersion = "1.0",
        MaxBadCommands = 5,
        Administrators = ["admin@example.com"],
        AdminContact = "mailto:postmaster@example.com",
    };

    public async Task InitializeAsync() => await InitializeAsync(await Engine.StartAsync());

    /// <summary>The same with an engine that was started elsewhere.</summary>
    internal async Task InitializeAsync(Engine engine)
    {
        Engine = engine;
        Bodies = new BodyHost(
            Node.Database, new StorageOptions(), _folder.Path, Node.Metrics, TimeProvider.System, NullLoggerFactory.Instance);
        Messages = new BreakableStore(Bodies.Messages);
        Search = new SearchHost(
            Node.Database, Messages, new SearchOptions { Delay = TimeSpan.Zero, Batch = 3 }, Node.Metrics, TimeProvider.System, NullLoggerFactory.Instance);
        Replicas = new MailboxReplicas(Engine.Mailboxes, TimeProvider.System, new ErrorLog<MailboxReplicas>());
        Relay = new RecordingRelay(Node);
        _gateway = await StartAsync(TimeProvider.System);
        Server = _started!;
    }

    /// <summary>Another gateway to the same engine, with a clock of its own.</summary>
    internal Task<TestGateway> StartAsync(
        TimeProvider time, ImapOptions? options = null, bool withIndex = true, SieveImapOptions? sieve = null, SieveOptions? site = null, SieveEngineOptions? limits = null,
        SaslOptions? sasl = null, CertificateSource? certificates = null, Func<GatewayMetrics, LoginGuard>? guard = null, ConnectionOptions? connections = null,
        ITokenVerifier? tokens = null, IAccounts? accounts = null, GatewayMetrics? metrics = null, ListLog? log = null)
    {
        metrics ??= new GatewayMetrics();
        var scripts = Scripts(time, metrics, options ?? Options, sieve ?? new SieveImapOptions(), site ?? new SieveOptions(), limits ?? new SieveEngineOptions());
        var server = new ImapServer(
            accounts is null ? Engine.Accounts : Engine.Of(accounts), Node.Sharing, Engine.Mailboxes, Messages, Bodies.Intakes, Engine.Quotas, Engine.Metadata, Replicas, options ?? Options, metrics, time,
            new ErrorLog<ImapServer>(), withIndex ? Search.Keys : new DirectMessageKeys(Messages), withIndex ? Search.Index : null, scripts, sasl, tokens)
        {
            Guard = guard?.Invoke(metrics) ?? LoginGuard.Off(time),
        };
        _started = server;
        return TestGateway.StartAsync(
            [
                new ListenerDefinition(TestGateway.AnyPort, false, server, (options ?? Options).Limits),
                .. (options ?? Options).ProxyListen.Select(_ => new ListenerDefinition(TestGateway.AnyPort, false, server, (options ?? Options).Limits, ExpectsProxy: true)),
            ],
            tls: true, connections, time: time, metrics: metrics, certificates: certificates, logger: log);
    }

    private MailboxScripts Scripts(TimeProvider time, GatewayMetrics metrics, ImapOptions options, SieveImapOptions sieve, SieveOptions site, SieveEngineOptions limits)
    {
        sieve.Validate().ShouldBeEmpty();
        site.RefreshFiles = TimeSpan.Zero;
        var files = new SieveFiles(site, time, NullLoggerFactory.Instance);
        var compiler = limits.ToCompilerOptions(256 * 1024);
        var library = new ScriptLibrary(Node.Scripts, files, compiler, compiler, 100, 1024 * 1024);
        var ports = new ScriptPorts(Engine.Accounts, Node.Sharing, library, new SieveDeliveryOptions(), limits.ToLimits(), Options.OtherUsersPrefix, Options.SharedPrefix)
        {
            History = Node.SieveHistory,
            Metadata = Engine.Metadata,
        };
        var delivery = new DeliveryScripts(
            new ScriptPlanner(ports), files, Node.SieveHistory, Relay, Bodies.Intakes, Engine.Quotas, true, "mx.example.org", metrics, time, NullLogger<DeliveryScripts>.Instance);
        var scripts = new MailboxScripts(
            delivery, Engine.Mailboxes, Messages, Engine.Metadata, Node.Scripts, Replicas, compiler, sieve, sieve.Url ?? "sieve://sieve.example.com", options.DisabledCaps);
        _scripts.Add(scripts);
        return scripts;
    }

    /// <summary>The scripts of the gateway that was started last, for a test that ends them itself.</summary>
    internal MailboxScripts TakeScripts()
    {
        var scripts = _scripts[^1];
        _scripts.RemoveAt(_scripts.Count - 1);
        return scripts;
    }

    public async Task DisposeAsync()
    {
        await _gateway!.DisposeAsync();
        foreach (var scripts in _scripts)
            await scripts.DisposeAsync();
        Relay.Dispose();
        await Search.DisposeAsync();
        await Bodies.DisposeAsync();
        await Engine.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    internal async Task<ImapClient> ConnectAsync(TestGateway? gateway = null)
    {
        var client = new ImapClient(await (gateway ?? _gateway!).ConnectAsync());
        await client.PlayAsync("S: * OK [CAPABILITY …] Sora ready");
        return client;
    }

    /// <summary>A session of an administrator.</summary>
    internal async Task<ImapClient> AdministratorAsync()
    {
        if (await Engine.Accounts.FindAsync(Options.Administrators[0], CancellationToken.None) is null)
            await Node.CreateAccountAsync(Options.Administrators[0]);
        var client = await ConnectAsync();
        await client.DoAsync($"LOGIN {Options.Administrators[0]} secret");
        return client;
    }

    /// <summary>Serves a connection that did not come through a socket.</summary>
    internal Task ServeAsync(ConnectionContext context) => _gateway!.Listeners.ServeAsync(0, context);

    /// <summary>A new account.</summary>
    internal async Task<TestUser> UserAsync(string domain = "example.com")
    {
        var address = $"user{Interlocked.Increment(ref _users)}@{domain}";
        return new TestUser(this, address, Engine.Accounts.Get((await Node.CreateAccountAsync(address)).Id));
    }
}

internal sealed class TestUser(ImapFixture fixture, string address, IAccount account)
{
    public IAccount Account => account;

    public string Address => address;

    public IReadOnlyList<Relayed> Relayed => fixture.Relay.Of(account.Id);

    /// <summary>Puts a script without activating it, as a client of ManageSieve would.</summary>
    public async Task PutScriptAsync(string name, string script, bool activate = false)
    {
        var parsed = SieveScriptName.Parse(name).Value;
        (await fixture.Node.Scripts.PutAsync(account.Id, parsed, Encoding.UTF8.GetBytes(script), CancellationToken.None)).IsOk.ShouldBeTrue();
        if (activate)
            (await fixture.Node.Scripts.ActivateAsync(account.Id, parsed, CancellationToken.None)).IsOk.ShouldBeTrue();
    }

    /// <summary>The script log, newest first: "script:line text".</summary>
    public async Task<string[]> ScriptLogAsync() =>
        [.. (await ((ISieveLog)fixture.Node.SieveHistory).ListAsync(account.Id, 100, CancellationToken.None)).Value.Select(static entry => $"{entry.Script}:{entry.Line} {entry.Text}")];

    public async Task<ImapClient> LogInAsync(string? then = null, TestGateway? gateway = null)
    {
        var client = await fixture.ConnectAsync(gateway);
        await client.PlayAsync($"""
            C: l LOGIN {address} secret
            S: l OK [CAPABILITY …] Logged in
            """);
        if (then is not null)
            await client.DoAsync(then);
        return client;
    }

    public async Task<IMailbox> MailboxAsync(string name = "INBOX") => fixture.Engine.Mailboxes.Get(await MailstoreNode.IdAsync(account, name));

    /// <summary>Puts messages into a mailbox, past IMAP.</summary>
    public async Task DeliverAsync(params string[] messages)
    {
        foreach (var message in messages)
            await DeliverToAsync("INBOX", message);
    }

    /// <summary>Drops all records of INBOX but the newest, as maintenance does when they are old and a snapshot has them.</summary>
    public async Task ForgetLogAsync()
    {
        await using var command = fixture.Node.Database.Write.CreateCommand(
            "DELETE FROM mailbox_log WHERE mailbox_id = $1 AND modseq < (SELECT max(modseq) FROM mailbox_log WHERE mailbox_id = $1)");
        command.Parameters.AddWithValue((await Sora.Testing.MailstoreNode.IdAsync(account, "INBOX")).Value);
        await command.ExecuteNonQueryAsync();
    }

    public async Task DeliverToAsync(string mailbox, string message, FlagSet? flags = null, string prefix = "")
    {
        var bytes = Encoding.Latin1.GetBytes(message.ReplaceLineEndings("\r\n"));
        await using var intake = fixture.Bodies.Intakes.Begin(long.MaxValue, bytes.Length);
        await intake.WriteAsync(bytes, CancellationToken.None);
        await using var content = (await intake.CompleteAsync(CancellationToken.None)).Value;
        var append = new AppendMessage(
            content, Encoding.Latin1.GetBytes(prefix), flags ?? FlagSet.Empty, new DateTimeOffset(2020, 2, 5, 6, 7, 8, TimeSpan.Zero));
        var result = await (await MailboxAsync(mailbox)).AppendAsync(new AppendRequest(OperationId.New(), [append]), CancellationToken.None);
        result.IsOk.ShouldBeTrue(result.Error?.Text);
    }
}

[CollectionDefinition("imap")]
public sealed class ImapCollection : ICollectionFixture<ImapFixture>;
