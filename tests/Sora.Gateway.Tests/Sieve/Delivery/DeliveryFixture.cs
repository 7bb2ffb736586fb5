using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Configuration;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Lmtp;
using Sora.Gateway.Sieve;
using Sora.Gateway.Tests.Connections;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Delivery;
using Sora.Mailstore.Sieve;
using Sora.Sieve;
using Sora.Testing;

namespace Sora.Gateway.Tests.Sieve.Delivery;

/// <summary>The LMTP server with scripts over real sockets, the real engine, the real queue and a real database. Each test takes users of its own.</summary>
public sealed class DeliveryFixture : IAsyncLifetime, IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly System.Collections.Concurrent.ConcurrentBag<SieveListHost> _lists = [];
    private int _users;
    private TestGateway? _gateway;

    internal Engine Engine { get; private set; } = null!;

    internal MailstoreNode Node => Engine.Node;

    internal BodyHost Bodies { get; private set; } = null!;

    internal RecordingRelay Relay { get; private set; } = null!;

    /// <summary>A file for a script of the site.</summary>
    internal string File(string name, string content)
    {
        var path = _folder.File(name);
        System.IO.File.WriteAllText(path, content.ReplaceLineEndings("\r\n"));
        return path;
    }

    public async Task InitializeAsync()
    {
        Engine = await Engine.StartAsync();
        Bodies = new BodyHost(Node.Database, new StorageOptions(), _folder.Path, Node.Metrics, TimeProvider.System, NullLoggerFactory.Instance);
        Relay = new RecordingRelay(Node);
        _gateway = await StartAsync();
    }

    /// <summary>Another LMTP server on the same engine.</summary>
    internal Task<TestGateway> StartAsync(
        SieveOptions? sieve = null, SieveDeliveryOptions? options = null, SieveEngineOptions? limits = null, Action<LmtpOptions>? lmtp = null, bool remembers = true,
        IDelivery? delivery = null, ISieveLists? lists = null, SuccessReports? reports = null, TimeProvider? time = null,
        GatewayMetrics? metrics = null)
    {
        sieve ??= new SieveOptions();
        sieve.RefreshFiles = TimeSpan.Zero;
        options ??= new SieveDeliveryOptions();
        options.Validate().ShouldBeEmpty();
        limits ??= new SieveEngineOptions();
        var lmtpOptions = new LmtpOptions { Listen = ["127.0.0.1:0"], HostName = "mx.example.org", MaxMessageSize = ByteSize.MiB(4) };
        lmtp?.Invoke(lmtpOptions);
        metrics ??= new GatewayMetrics();
        var files = new SieveFiles(sieve, TimeProvider.System, NullLoggerFactory.Instance);
        var library = new ScriptLibrary(Node.Scripts, files, limits.ToCompilerOptions(64 * 1024), limits.ToCompilerOptions(64 * 1024), 100, 1024 * 1024);
        var ports = new ScriptPorts(Engine.Accounts, Node.Sharing, library, options, limits.ToLimits(), "Other Users/", "Shared/")
        {
            History = Node.SieveHistory,
            Metadata = Engine.Metadata,
            Lists = lists ?? (sieve.Lists.Count == 0 ? Node.SieveLists : OwnedLists(sieve)),
            AdminContact = "mailto:postmaster@example.org",
            DetailSeparators = lmtpOptions.RecipientDelimiter,
        };
        var scripts = new DeliveryScripts(
            new ScriptPlanner(ports), files, Node.SieveHistory, Relay, Bodies.Intakes, Engine.Quotas, remembers, "mx.example.org", metrics, TimeProvider.System,
            NullLogger<DeliveryScripts>.Instance);
        delivery ??= new Mailstore.Delivery.MessageDelivery(Engine.Accounts, Engine.Mailboxes, new DeliveryOptions { SuppressDuplicates = remembers }, TimeProvider.System);
        var server = new LmtpServer(
            lmtpOptions, Engine.Accounts, Bodies.Intakes, delivery, metrics, NullLogger<LmtpServer>.Instance, time ?? TimeProvider.System, scripts) { Reports = reports };
        return TestGateway.StartAsync(server.Listeners(), metrics: metrics);
    }

    private SieveListHost OwnedLists(SieveOptions options)
    {
        var lists = Node.ListsOf(options);
        _lists.Add(lists);
        return lists;
    }

    public async Task DisposeAsync()
    {
        await _gateway!.DisposeAsync();
        foreach (var lists in _lists)
            lists.Dispose();
        Relay.Dispose();
        await Bodies.DisposeAsync();
        await Engine.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>A new user, with an active script if one is given.</summary>
    internal async Task<ScriptUser> UserAsync(string? script = null)
    {
        var address = $"user{Interlocked.Increment(ref _users)}@example.com";
        var user = new ScriptUser(this, address, Engine.Accounts.Get((await Node.CreateAccountAsync(address)).Id));
        if (script is not null)
            await user.ActivateAsync(script);
        return user;
    }

    /// <summary>Delivers a message; the replies to its recipients, all lines of each.</summary>
    internal async Task<string[]> DeliverAsync(
        string message, IReadOnlyList<string> recipients, string from = "<ada@example.net>", TestGateway? gateway = null, string recipientParameters = "")
    {
        using var client = await (gateway ?? _gateway!).ConnectAsync();
        (await client.LineAsync()).ShouldStartWith("220 ");
        await client.SendAsync("LHLO client.example.net\r\n");
        while ((await client.LineAsync())![3] == '-')
        {
        }

        await client.SendAsync($"MAIL FROM:{from}\r\n");
        (await client.LineAsync()).ShouldStartWith("250 ");
        foreach (var recipient in recipients)
        {
            await client.SendAsync(Encoding.UTF8.GetBytes($"RCPT TO:<{recipient}>{recipientParameters}\r\n"));
            (await client.LineAsync()).ShouldStartWith("250 ");
        }

        await client.SendAsync("DATA\r\n");
        (await client.LineAsync()).ShouldStartWith("354 ");
        var lines = message.ReplaceLineEndings("\r\n").Replace("\r\n.", "\r\n..", StringComparison.Ordinal);
        await client.SendAsync($"{lines}{(lines.EndsWith("\r\n", StringComparison.Ordinal) ? "" : "\r\n")}.\r\n");
        var replies = new string[recipients.Count];
        for (var i = 0; i < replies.Length; i++)
        {
            var reply = new StringBuilder();
            string line;
            do
                reply.Append(line = (await client.LineAsync())!).Append('\n');
            while (line[3] == '-');
            replies[i] = reply.ToString().TrimEnd();
        }

        return replies;
    }
}

/// <summary>A message in a mailbox, its text as Latin-1.</summary>
internal sealed record Stored(string Text, string[] Flags);

internal sealed class ScriptUser(DeliveryFixture fixture, string address, IAccount account)
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static int _messages;

    public string Address => address;

    public IAccount Account => account;

    public IReadOnlyList<Relayed> Relayed => fixture.Relay.Of(account.Id);

    public async Task ActivateAsync(string script, string name = "main", bool activate = true)
    {
        var parsed = SieveScriptName.Parse(name).Value;
        SieveCompiler.Compile(Encoding.UTF8.GetBytes(script)).Diagnostics.ShouldBeEmpty();
        (await fixture.Node.Scripts.PutAsync(account.Id, parsed, Encoding.UTF8.GetBytes(script), None)).IsOk.ShouldBeTrue();
        if (activate)
            (await fixture.Node.Scripts.ActivateAsync(account.Id, parsed, None)).IsOk.ShouldBeTrue();
    }

    /// <summary>Another address of this user.</summary>
    public async Task<string> AddAliasAsync()
    {
        var alias = $"alias-of-{address}";
        await using var command = fixture.Node.Database.Write.CreateCommand(
            "INSERT INTO credentials (account_id, address, password_hash) SELECT account_id, $1, password_hash FROM credentials WHERE address = $2");
        command.Parameters.AddWithValue(alias);
        command.Parameters.AddWithValue(address);
        await command.ExecuteNonQueryAsync();
        fixture.Node.Accounts.Announce(account.Id);
        return alias;
    }

    /// <summary>A message to this user; each has an id of its own.</summary>
    public string Message(string subject = "hello", string more = "", string body = "text\r\n") =>
        $"From: Ada <ada@example.net>\r\nTo: {address}\r\nSubject: {subject}\r\nMessage-ID: <{Interlocked.Increment(ref _messages)}@example.net>\r\n{more}\r\n{body}";

    /// <summary>Delivers a message to this user alone; the reply.</summary>
    public async Task<string> DeliverAsync(
        string? message = null, string from = "<ada@example.net>", string? to = null, TestGateway? gateway = null, string recipientParameters = "") =>
        (await fixture.DeliverAsync(message ?? Message(), [to ?? address], from, gateway, recipientParameters))[0];

    /// <summary>Delivers a message, which must be taken.</summary>
    public async Task TakeAsync(string? message = null, string from = "<ada@example.net>", string? to = null, TestGateway? gateway = null) =>
        (await DeliverAsync(message, from, to, gateway)).ShouldStartWith("250 2.0.0 ");

    public async Task CreateAsync(string mailbox, SpecialUse use = SpecialUse.None) =>
        (await account.CreateAsync(MailboxName.Parse(mailbox).Value, use, None)).IsOk.ShouldBeTrue();

    public async Task<MailboxId> IdAsync(string mailbox) => await MailstoreNode.IdAsync(account, mailbox);

    /// <summary>The messages of a mailbox; null when there is no such mailbox.</summary>
    public async Task<Stored[]?> MessagesAsync(string mailbox)
    {
        if ((await account.ListAsync(None)).Find(MailboxName.Parse(mailbox).Value) is not { } entry)
            return null;
        var index = (await fixture.Engine.Mailboxes.Get(entry.Id).OpenAsync(default, None)).Value.Index!;
        var stored = new List<Stored>();
        for (var i = 0; i < index.Count; i++)
        {
            var content = (await fixture.Bodies.Messages.ReadAsync(new[] { index[i].Content }, ContentParts.All, None))[0]!;
            await using var body = await fixture.Bodies.Messages.OpenAsync(content, None);
            var bytes = new byte[body.Length];
            var length = 0;
            for (int count; length < bytes.Length && (count = await body.ReadAsync(length, bytes.AsMemory(length), None)) > 0; length += count)
            {
            }

            stored.Add(new Stored(Encoding.Latin1.GetString(bytes), FlagNames(index, index[i].Flags)));
        }

        return [.. stored];
    }

    /// <summary>How many messages there are in each mailbox that has any: "INBOX 1, Junk 2".</summary>
    public async Task<string> PlacesAsync()
    {
        var places = new List<string>();
        foreach (var entry in (await account.ListAsync(None)).Mailboxes)
        {
            if ((await MessagesAsync(entry.Name.Value))!.Length is > 0 and var count)
                places.Add($"{entry.Name} {count}");
        }

        return string.Join(", ", places);
    }

    /// <summary>The script log, newest first: "script:line text".</summary>
    public async Task<string[]> LogAsync() =>
        [.. (await ((ISieveLog)fixture.Node.SieveHistory).ListAsync(account.Id, 100, None)).Value.Select(static entry => $"{entry.Script}:{entry.Line} {entry.Text}")];

    private static string[] FlagNames(MailboxIndex index, ulong flags)
    {
        var names = new List<string>();
        foreach (var flag in Enum.GetValues<SystemFlags>())
        {
            if (flag != SystemFlags.None && (flags & (ulong)flag) != 0)
                names.Add($"\\{flag}");
        }

        for (var slot = 0; slot < index.Keywords.SlotCount; slot++)
        {
            if ((flags & FlagMask.OfKeyword(slot)) != 0)
                names.Add(index.Keywords[slot]);
        }

        return [.. names];
    }
}

[CollectionDefinition("sieve delivery")]
public sealed class DeliveryCollection : ICollectionFixture<DeliveryFixture>;
