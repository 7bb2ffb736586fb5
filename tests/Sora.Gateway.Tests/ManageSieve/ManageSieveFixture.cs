using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.ManageSieve;
using Sora.Gateway.Sasl;
using Sora.Gateway.Sieve;
using Sora.Gateway.Tests.Connections;
using Sora.Gateway.Tests.Imap;
using Sora.Mailstore.Sieve;
using Sora.Sieve;
using Sora.Testing;

namespace Sora.Gateway.Tests.ManageSieve;

/// <summary>The ManageSieve server over real sockets, the real engine and a real database. Each test takes a user of its own.</summary>
public sealed class ManageSieveFixture : IAsyncLifetime
{
    private int _users;
    private TestGateway? _gateway;

    internal MailstoreNode Node { get; private set; } = null!;

    internal TestGateway Gateway => _gateway!;

    public async Task InitializeAsync()
    {
        Node = await MailstoreNode.StartAsync();
        Node.SieveOptions.MaxScripts = 4;
        Node.SieveOptions.MaxScriptSize = Configuration.ByteSize.KiB(64);
        Node.SieveOptions.MaxTotalSize = Configuration.ByteSize.KiB(100);
        _gateway = await StartAsync(new ManageSieveOptions
        {
            MaxBadCommands = 10,
            MaxLiteral = Configuration.ByteSize.KiB(128),
            MaxSkippedLiteral = Configuration.ByteSize.KiB(512),
        });
    }

    /// <summary>Another gateway to the same engine.</summary>
    internal Task<TestGateway> StartAsync(ManageSieveOptions options, TimeProvider? time = null, bool tls = true, ISieveScripts? scripts = null, string? withoutExtension = null,
        CertificateSource? certificates = null, Func<GatewayMetrics, LoginGuard>? guard = null, ConnectionOptions? connections = null, SaslOptions? sasl = null,
        ITokenVerifier? tokens = null, IAccounts? accounts = null, GatewayMetrics? metrics = null, ListLog? log = null)
    {
        options.Listen = ["127.0.0.1:0"];
        options.TlsListen = tls ? ["127.0.0.1:0"] : [];
        options.AuthFailureDelay = TimeSpan.Zero;
        options.Validate().ShouldBeEmpty();
        var compiler = new SieveCompilerOptions { MaxScriptSize = 64 * 1024 };
        if (withoutExtension is not null)
            compiler = compiler with { Extensions = compiler.Extensions.Remove(withoutExtension) };
        metrics ??= new GatewayMetrics();
        var server = new ManageSieveServer(
            options, accounts ?? Node.Accounts, scripts ?? Node.Scripts, compiler, new SieveLimits { MaxRedirects = 5 }, metrics,
            time ?? TimeProvider.System, new ErrorLog<ManageSieveServer>(), sasl, tokens)
        {
            Library = new ScriptLibrary(
                Node.Scripts, new SieveFiles(new SieveOptions(), TimeProvider.System, NullLoggerFactory.Instance), compiler, compiler, 100, 100_000),
            Guard = guard?.Invoke(metrics) ?? LoginGuard.Off(time ?? TimeProvider.System),
        };
        return TestGateway.StartAsync(server.Listeners(), tls, connections, time: time, metrics: metrics, certificates: certificates, logger: log);
    }

    public async Task DisposeAsync()
    {
        await _gateway!.DisposeAsync();
        await Node.DisposeAsync();
    }

    /// <summary>A client that has read the greeting.</summary>
    internal Task<TestClient> ConnectAsync() => ConnectAsync(Gateway);

    internal static async Task<TestClient> ConnectAsync(TestGateway gateway)
    {
        var client = await gateway.ConnectAsync();
        (await CapabilitiesAsync(client)).ShouldContainKey("IMPLEMENTATION");
        return client;
    }

    /// <summary>Reads a list of capabilities and the OK behind it.</summary>
    internal static async Task<Dictionary<string, string?>> CapabilitiesAsync(TestClient client)
    {
        var found = new Dictionary<string, string?>(StringComparer.Ordinal);
        for (string? line; (line = await client.LineAsync()) is not null && !line.StartsWith("OK", StringComparison.Ordinal);)
        {
            var parts = line.Split('"');
            parts.Length.ShouldBeOneOf(3, 5);
            found.Add(parts[1], parts.Length == 5 ? parts[3] : null); // each name at most once (section 1.7)
        }

        return found;
    }

    internal async Task<string> AddressAsync()
    {
        var address = $"sieve{Interlocked.Increment(ref _users)}@example.com";
        await Node.CreateAccountAsync(address);
        return address;
    }

    internal static string Plain(string user, string password = "secret", string authorize = "") =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes($"{authorize}\0{user}\0{password}"));

    /// <summary>A client of a new user who has logged in.</summary>
    internal async Task<TestClient> LogInAsync(string? address = null, TestGateway? gateway = null)
    {
        var client = await ConnectAsync(gateway ?? Gateway);
        await client.PlayAsync($"""
            C: AUTHENTICATE "PLAIN" "{Plain(address ?? await AddressAsync())}"
            S: OK "Logged in"
            """);
        return client;
    }
}

[CollectionDefinition("managesieve")]
public sealed class ManageSieveTests : ICollectionFixture<ManageSieveFixture>;
