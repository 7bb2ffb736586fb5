using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Imap;
using Sora.Gateway.Lmtp;
using Sora.Gateway.ManageSieve;
using Sora.Gateway.Pop3;
using Sora.Gateway.Tests.Imap;
using Sora.Gateway.Tests.Lmtp;
using Sora.Gateway.Tests.ManageSieve;
using Sora.Gateway.Tests.Pop3;

namespace Sora.Gateway.Tests.Connections;

/// <summary>All protocols, to test what holds for each of them.</summary>
public sealed class ProtocolSites : IAsyncLifetime, IDisposable
{
    private readonly ImapFixture _imap = new();
    private readonly Pop3Fixture _pop3 = new();
    private readonly ManageSieveFixture _sieve = new();
    private int _users;

    public async Task InitializeAsync()
    {
        await _imap.InitializeAsync();
        await _pop3.InitializeAsync();
        await _sieve.InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        await _imap.DisposeAsync();
        await _pop3.DisposeAsync();
        await _sieve.DisposeAsync();
    }

    public void Dispose()
    {
        _imap.Dispose();
        _pop3.Dispose();
    }

    /// <summary>Puts a message into the user's INBOX.</summary>
    internal async Task AppendAsync(string protocol, string user, string message)
    {
        var (node, bodies) = protocol == "imap" ? (_imap.Node, _imap.Bodies) : (_pop3.Node, _pop3.Bodies);
        var found = await node.Accounts.FindAsync(user, CancellationToken.None);
        await using var intake = bodies.Intakes.Begin(long.MaxValue);
        await intake.WriteAsync(System.Text.Encoding.Latin1.GetBytes(message), CancellationToken.None);
        await using var ingested = (await intake.CompleteAsync(CancellationToken.None)).Value;
        var append = new AppendMessage(ingested, ReadOnlyMemory<byte>.Empty, FlagSet.Empty, DateTimeOffset.UnixEpoch);
        var inbox = await node.InboxAsync(node.Accounts.Get(found!.Account));
        (await inbox.AppendAsync(new AppendRequest(OperationId.New(), [append]), CancellationToken.None)).IsOk.ShouldBeTrue();
    }

    /// <summary>A gateway of one protocol: the first listener is plain, the second expects a PROXY header.</summary>
    /// <param name="protocol">imap, pop3, lmtp or managesieve.</param>
    internal async Task<ProtocolSite> StartAsync(string protocol, Action<ProtocolOptions>? configure = null, ConnectionOptions? connections = null, TimeProvider? time = null)
    {
        var site = new ProtocolSite(protocol, $"every{Interlocked.Increment(ref _users)}@example.com");
        connections ??= new ConnectionOptions();
        switch (protocol)
        {
            case "imap":
                await _imap.Node.CreateAccountAsync(site.User);
                site.Gateway = await _imap.StartAsync(
                    time ?? TimeProvider.System, Configured(new ImapOptions { AuthFailureDelay = TimeSpan.Zero }), connections: connections, metrics: site.Refusals.Metrics, log: site.Log);
                break;
            case "pop3":
                await _pop3.Node.CreateAccountAsync(site.User);
                site.Gateway = await _pop3.StartAsync(Configured(new Pop3Options()), time, tls: false, connections: connections, metrics: site.Refusals.Metrics, log: site.Log);
                break;
            case "managesieve":
                await _sieve.Node.CreateAccountAsync(site.User);
                site.Gateway = await _sieve.StartAsync(Configured(new ManageSieveOptions()), time, tls: false, connections: connections, metrics: site.Refusals.Metrics, log: site.Log);
                break;
            default:
                var lmtp = await LmtpFixture.StartAsync(options => Configured(options), time: time, connections: connections, metrics: site.Refusals.Metrics, log: site.Log);
                site.Gateway = lmtp.Gateway;
                break;
        }

        return site;

        TOptions Configured<TOptions>(TOptions options)
            where TOptions : ProtocolOptions
        {
            options.ProxyListen = ["127.0.0.1:0"];
            configure?.Invoke(options);
            return options;
        }
    }
}

/// <summary>A gateway of one protocol, and what of it the tests know.</summary>
internal sealed class ProtocolSite(string protocol, string user) : IAsyncDisposable
{
    public Refusals Refusals { get; } = new();

    public ListLog Log { get; } = new();

    public TestGateway Gateway { get; set; } = null!;

    public string User => user;

    /// <summary>The last line before the client may say something.</summary>
    private string Greeting => protocol switch
    {
        "imap" => "* OK ",
        "pop3" => "+OK ",
        "lmtp" => "220 ",
        _ => "OK ",
    };

    /// <summary>A client that has read the greeting.</summary>
    /// <param name="header">A PROXY header, for the listener that expects one.</param>
    public async Task<TestClient> ConnectAsync(string? header = null)
    {
        var client = await Gateway.ConnectAsync(header is null ? 0 : 1);
        if (header is not null)
            await client.SendAsync(header + "\r\n");
        await ReadUntilAsync(client, Greeting);
        return client;
    }

    /// <summary>Logs in; gives the last line of the answer.</summary>
    public async Task<string> LogInAsync(TestClient client)
    {
        var plain = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"\0{user}\0secret"));
        await client.SendAsync(protocol switch
        {
            "imap" => $"a LOGIN {user} secret\r\n",
            "pop3" => $"AUTH PLAIN {plain}\r\n",
            "lmtp" => "LHLO client.example.net\r\n",
            _ => $"AUTHENTICATE \"PLAIN\" \"{plain}\"\r\n",
        });
        return protocol == "lmtp" ? await ReadUntilAsync(client, "250 ") : (await client.LineAsync())!;
    }

    /// <summary>A client that has logged in, or for LMTP said LHLO.</summary>
    public async Task<TestClient> ReadyAsync()
    {
        var client = await ConnectAsync();
        (await LogInAsync(client)).ShouldStartWith(protocol switch { "imap" => "a OK", "pop3" => "+OK", "lmtp" => "250 ", _ => "OK" });
        return client;
    }

    public static async Task<string> ReadUntilAsync(TestClient client, string start)
    {
        while (true)
        {
            var line = (await client.LineAsync()).ShouldNotBeNull("before " + start);
            if (line.StartsWith(start, StringComparison.Ordinal))
                return line;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        Refusals.Dispose();
    }
}
