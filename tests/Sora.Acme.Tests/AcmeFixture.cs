using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Acme.Tests.Server;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Mailstore.Certificates;
using Sora.Mailstore.Storage;
using Sora.Mailstore.Storage.Embedded;
using Sora.Silo.Http;
using Sora.Testing;

namespace Sora.Acme.Tests;

/// <summary>A node as far as ACME goes, on a database of its own or on another's.</summary>
internal sealed class AcmeFixture : IAsyncDisposable
{
    public const string Secret = "a secret of the tests, which has more than 32 characters";

    private readonly List<IAsyncDisposable> _owned = [];
    private readonly AcmeMetrics _metrics = new();

    private AcmeFixture(PostgresAddress address)
    {
        Address = address;
        Database = PostgresFixture.Open(address);
        Feed = new ChangeFeed(Database, NullLogger<ChangeFeed>.Instance);
        Certificates = new CertificateHost(Database, Feed, new TlsStoreOptions { Secret = Secret }, NullLoggerFactory.Instance);
        State = new AcmeHost(Database, Certificates, NullLoggerFactory.Instance);
    }

    public PostgresAddress Address { get; }

    public Database Database { get; }

    public ChangeFeed Feed { get; }

    public CertificateHost Certificates { get; }

    public AcmeHost State { get; }

    public static async Task<AcmeFixture> StartAsync(PostgresAddress? address = null)
    {
        var fixture = new AcmeFixture(address ?? await PostgresFixture.CreateAddressAsync());
        await fixture.Feed.StartAsync(CancellationToken.None);
        return fixture;
    }

    /// <summary>Options for a server; what a test needs may be changed.</summary>
    public static AcmeOptions Options(AcmeServer server, params string[] hosts) => new()
    {
        Enabled = true,
        AgreeTerms = true,
        Directory = server.Directory,
        CaFile = server.CaFile,
        HttpListen = ["127.0.0.1:0"],
        Contacts = ["mailto:admin@example.org"],
        Certificates = [new AcmeCertificateOptions { Hosts = hosts }],
        PollInterval = TimeSpan.FromMilliseconds(10),
        OrderTimeout = TimeSpan.FromSeconds(30),
        CheckInterval = TimeSpan.FromHours(1),
    };

    /// <summary>The part that orders; the test says when it looks.</summary>
    public AcmeWorker Worker(AcmeOptions options, TimeProvider? time = null)
    {
        options.Validate().ShouldBeEmpty();
        foreach (var certificate in options.Certificates)
            certificate.Validate().ShouldBeEmpty();
        var worker = new AcmeWorker(options, State, Certificates, _metrics, time ?? TimeProvider.System, NullLogger<AcmeWorker>.Instance);
        _owned.Add(worker);
        return worker;
    }

    /// <summary>Answers over HTTP; the port.</summary>
    public async Task<int> AnswerHttpAsync(AcmeOptions options)
    {
        var http = await AcmeHttp.StartAsync(options, State, NullLoggerFactory.Instance, CancellationToken.None);
        _owned.Add(http);
        return new Uri(http.Urls.First()).Port;
    }

    /// <summary>Mail over TLS, which answers ACME servers besides; the port.</summary>
    public async Task<(int Port, CertificateSource Source)> AnswerTlsAsync(string folder, bool isForAcme = true)
    {
        var source = CertificateSource.Create(
            new TlsOptions { SelfSigned = true }, folder, "mail.example.org", TimeProvider.System, NullLogger<CertificateSource>.Instance, Certificates, isForAcme ? State : null)!;
        var listeners = new GatewayListeners(
            [new ListenerDefinition(new IPEndPoint(IPAddress.Loopback, 0), ImplicitTls: true, new Greeting(), new ConnectionLimits())], new ConnectionOptions(), source, new GatewayMetrics(),
            NullLogger<GatewayListeners>.Instance, TimeProvider.System);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(listeners.Configure);
        listeners.AddTransport(builder.Services);
        var app = builder.Build();
        await app.StartAsync();
        _owned.AddRange([source, app]);
        source.Start();
        return (listeners.Endpoints[0].Bound.Port, source);
    }

    public async Task<SharedCertificate?> CertificateAsync(string name) =>
        (await Certificates.ReadAllAsync(CancellationToken.None)).Value.FirstOrDefault(one => one.Name == name);

    public async Task<AcmeRenewal?> RenewalAsync(string name) => (await State.ListRenewalsAsync(CancellationToken.None)).FirstOrDefault(one => one.Name == name);

    public async ValueTask DisposeAsync()
    {
        for (var i = _owned.Count - 1; i >= 0; i--)
            await _owned[i].DisposeAsync();
        _metrics.Dispose();
        State.Dispose();
        Certificates.Dispose();
        await Feed.DisposeAsync();
        await Database.DisposeAsync();
    }

    /// <summary>A protocol that says one line.</summary>
    private sealed class Greeting : IProtocolServer
    {
        public string Name => "test";

        public string? Alpn => "imap";

        public void WriteRefusal(PipeWriter output, Dismissal why) => output.Write("busy\r\n"u8);

        public async Task RunAsync(ClientConnection connection, CancellationToken aborted)
        {
            connection.Output.Write("hello\r\n"u8);
            await connection.FlushAsync();
        }
    }
}
