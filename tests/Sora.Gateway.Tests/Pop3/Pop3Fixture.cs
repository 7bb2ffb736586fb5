using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Pop3;
using Sora.Gateway.Replicas;
using Sora.Gateway.Sasl;
using Sora.Gateway.Tests.Connections;
using Sora.Gateway.Tests.Imap;
using Sora.Gateway.Tests.Sasl;
using Sora.Mailstore.Bodies;
using Sora.Testing;

namespace Sora.Gateway.Tests.Pop3;

/// <summary>The POP3 server over real sockets, the real engine and a real database. Each test takes a user of its own.</summary>
public sealed class Pop3Fixture : IAsyncLifetime, IDisposable
{
    private readonly TempFolder _folder = new();
    private int _users;
    private TestGateway? _gateway;

    internal Engine Engine { get; private set; } = null!;

    internal MailstoreNode Node => Engine.Node;

    internal BodyHost Bodies { get; private set; } = null!;

    internal BreakableStore Messages { get; private set; } = null!;

    internal TestGateway Gateway => _gateway!;

    public async Task InitializeAsync()
    {
        Engine = await Engine.StartAsync();
        Bodies = new BodyHost(Node.Database, new StorageOptions(), _folder.Path, Node.Metrics, TimeProvider.System, NullLoggerFactory.Instance);
        Messages = new BreakableStore(Bodies.Messages);
        _gateway = await StartAsync(new Pop3Options { MaxBadCommands = 10 });
    }

    /// <summary>Another gateway, to the same engine or to another one on the same database.</summary>
    internal Task<TestGateway> StartAsync(
        Pop3Options options,
        TimeProvider? time = null,
        bool tls = true,
        MailstoreNode? node = null,
        ConnectionOptions? connections = null,
        SaslOptions? sasl = null,
        Func<GatewayMetrics, LoginGuard>? guard = null,
        CertificateSource? certificates = null,
        ITokenVerifier? tokens = null,
        IMessageStore? messages = null,
        GatewayMetrics? metrics = null,
        ListLog? log = null,
        TimeSpan? maxAge = null)
    {
        options.Listen = ["127.0.0.1:0"];
        options.TlsListen = tls ? ["127.0.0.1:0"] : [];
        options.AuthFailureDelay = TimeSpan.Zero;
        options.Validate().ShouldBeEmpty();
        IAccounts accounts = node is null ? Engine.Accounts : node.Accounts;
        IMailboxes mailboxes = node is null ? Engine.Mailboxes : node.Mailboxes;
        metrics ??= new GatewayMetrics();
        var server = new Pop3Server(
            options, accounts, (node ?? Node).Maildrops, mailboxes, messages ?? Messages, new MailboxReplicas(mailboxes, TimeProvider.System, new ErrorLog<MailboxReplicas>()),
            metrics, time ?? TimeProvider.System, new ErrorLog<Pop3Server>(), sasl, tokens)
        {
            Guard = guard?.Invoke(metrics) ?? LoginGuard.Off(time ?? TimeProvider.System),
            MaxAge = maxAge,
        };
        return TestGateway.StartAsync(server.Listeners(), tls, connections, time, metrics, certificates, log);
    }

    public async Task DisposeAsync()
    {
        await _gateway!.DisposeAsync();
        await Bodies.DisposeAsync();
        await Engine.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>A new account with these messages in INBOX.</summary>
    internal async Task<string> UserAsync(params string[] messages)
    {
        var address = $"pop{Interlocked.Increment(ref _users)}@example.com";
        await Node.CreateAccountAsync(address);
        await AppendAsync(address, messages);
        return address;
    }

    internal async Task<IMailbox> InboxAsync(string address)
    {
        var found = await Node.Accounts.FindAsync(address, CancellationToken.None);
        return Engine.Mailboxes.Get(await MailstoreNode.IdAsync(Engine.Accounts.Get(found!.Account), "INBOX"));
    }

    internal async Task<MailboxIndex> IndexAsync(string address) =>
        (await (await InboxAsync(address)).OpenAsync(new ModSeq(-1), CancellationToken.None)).Value.Index!;

    /// <param name="messages">In Latin-1.</param>
    internal async Task AppendAsync(string address, params string[] messages)
    {
        var inbox = await InboxAsync(address);
        foreach (var message in messages)
        {
            await using var intake = Bodies.Intakes.Begin(long.MaxValue);
            await intake.WriteAsync(Encoding.Latin1.GetBytes(message), CancellationToken.None);
            await using var ingested = (await intake.CompleteAsync(CancellationToken.None)).Value;
            var append = new AppendMessage(ingested, ReadOnlyMemory<byte>.Empty, FlagSet.Empty, DateTimeOffset.UnixEpoch);
            (await inbox.AppendAsync(new AppendRequest(OperationId.New(), [append]), CancellationToken.None)).IsOk.ShouldBeTrue();
        }
    }

    /// <summary>A client that has read the greeting.</summary>
    internal async Task<TestClient> ConnectAsync(TestGateway? gateway = null)
    {
        var client = await (gateway ?? Gateway).ConnectAsync();
        await client.PlayAsync("S: +OK Sora POP3 server ready");
        return client;
    }

    /// <summary>A client that has logged in.</summary>
    internal async Task<TestClient> LogInAsync(string address, TestGateway? gateway = null)
    {
        var client = await ConnectAsync(gateway);
        await client.PlayAsync($"""
            C: USER {address}
            S: +OK *
            C: PASS secret
            S: +OK maildrop has *
            """);
        return client;
    }

    /// <summary>Logs in again and again until whoever has the maildrop has let go of it.</summary>
    internal async Task<TestClient> LogInEventuallyAsync(string address)
    {
        TestClient? found = null;
        await Eventually.WaitAsync(async () =>
        {
            var client = await ConnectAsync();
            await client.SendAsync($"USER {address}\r\nPASS secret\r\n");
            await client.LineAsync();
            if ((await client.LineAsync())!.StartsWith("+OK", StringComparison.Ordinal))
                found = client;
            else
                client.Dispose();
            return found is not null;
        });
        return found!;
    }

    /// <summary>The lines of a multi-line answer, with the dots taken off again.</summary>
    internal static async Task<List<string>> LinesAsync(TestClient client, string command)
    {
        await client.SendAsync(command + "\r\n");
        (await client.LineAsync()).ShouldNotBeNull().ShouldStartWith("+OK");
        var lines = new List<string>();
        for (string? line; (line = await client.LineAsync()) is not ".";)
            lines.Add(line!.StartsWith('.') ? line[1..] : line);
        return lines;
    }

    /// <summary>The last answer to a login by a mechanism; PASS stands for USER and PASS.</summary>
    internal static async Task<string> TryAsync(TestClient client, string mechanism, string user, string password)
    {
        switch (mechanism)
        {
            case "PASS":
                await client.PlayAsync($"C: USER {user}\nS: +OK *");
                return await AnswerAsync($"PASS {password}");
            case "PLAIN":
                return await AnswerAsync($"AUTH PLAIN {Plain(user, password)}");
            case "LOGIN":
                (await AnswerAsync($"AUTH LOGIN {ScramClient.Base64(user)}")).ShouldStartWith("+ ");
                return await AnswerAsync(ScramClient.Base64(password));
            default:
                var scram = new ScramClient(user, password);
                var answer = await AnswerAsync($"AUTH {mechanism} {scram.First}");
                if (answer.StartsWith("+ ", StringComparison.Ordinal))
                    answer = await AnswerAsync(scram.Final(answer[2..]));
                return answer.StartsWith("+ ", StringComparison.Ordinal) ? await AnswerAsync("") : answer;
        }

        async Task<string> AnswerAsync(string line)
        {
            await client.SendAsync(line + "\r\n");
            return (await client.LineAsync()).ShouldNotBeNull();
        }
    }

    internal static string Plain(string user, string password = "secret", string authorize = "") =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes($"{authorize}\0{user}\0{password}"));
}

[CollectionDefinition("pop3")]
public sealed class Pop3Tests : ICollectionFixture<Pop3Fixture>;
