using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Delivery;
using Sora.Mailstore.Relay;
using Sora.Testing;

namespace Sora.Relay.Tests;

/// <summary>The queue of a database of its own, and nodes that send what is in it.</summary>
internal sealed class RelayFixture : IAsyncDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly TempFolder _folder = new();
    private readonly RelayMetrics _metrics = new();
    private readonly List<RelayWorker> _workers = [];
    private BodyHost? _bodies;

    private RelayFixture(MailstoreNode node)
    {
        Node = node;
        Queue = new RelayQueue(node.Database, new RelayLimits(true, 50 << 20, 1000, 10_000, 10_000, 10_000, 50, TimeSpan.FromDays(5)), node.Metrics, TimeProvider.System);
    }

    public MailstoreNode Node { get; }

    public RelayQueue Queue { get; }

    /// <summary>May be changed before a worker is started.</summary>
    public RelayOptions Options { get; } = new()
    {
        Tls = RelayTls.None,
        HostName = "sora.example.org",
        PollInterval = TimeSpan.FromMilliseconds(50),
        Retry = TimeSpan.FromMilliseconds(20),
        RetryMax = TimeSpan.FromMilliseconds(50),
        HostRetry = TimeSpan.FromMilliseconds(20),
        HostRetryMax = TimeSpan.FromMilliseconds(50),
        StopTimeout = TimeSpan.FromSeconds(5),
    };

    public RelayMetrics Metrics => _metrics;

    public static async Task<RelayFixture> StartAsync() => new(await MailstoreNode.StartAsync());

    public static async Task<RelayFixture> StartAsync(params SmtpPeer[] peers)
    {
        var fixture = await StartAsync();
        fixture.Options.Hosts = [.. peers.Select(peer => peer.Address)];
        return fixture;
    }

    public RelayWorker Work(RelayOptions? options = null, ILoggerFactory? loggers = null)
    {
        _bodies ??= new BodyHost(Node.Database, new StorageOptions(), _folder.Path, Node.Metrics, TimeProvider.System, NullLoggerFactory.Instance);
        var delivery = new MessageDelivery(Node.Accounts, Node.Mailboxes, new DeliveryOptions(), TimeProvider.System);
        var worker = new RelayWorker(
            Queue, options ?? Options, "node.example.org", new RelayLocalDelivery(Node.Accounts, _bodies.Intakes, delivery, "+"), _metrics, TimeProvider.System,
            loggers ?? NullLoggerFactory.Instance);
        worker.Start();
        _workers.Add(worker);
        return worker;
    }

    public static RelayRequest Request(string operation = "op", string message = "Subject: hello\r\n\r\ntext\r\n", params string[] recipients) => new(
        operation, new AccountId(7), RelayKind.Redirect, "a@example.org",
        [.. (recipients.Length == 0 ? ["b@example.net"] : recipients).Select(static address => new RelayRecipient(address))], Encoding.UTF8.GetBytes(message));

    public async Task EnqueueAsync(RelayRequest request) => (await Queue.EnqueueAsync(request, None)).ShouldBe(RelayStatus.Queued);

    /// <summary>Until nothing is in the queue.</summary>
    public Task EmptyAsync() => Eventually.WaitAsync(async () => (await Queue.CountAsync(None)).Recipients == 0);

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Node.Database.Write.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Node.Database.Write.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
            await worker.DisposeAsync();
        if (_bodies is not null)
            await _bodies.DisposeAsync();
        Queue.Dispose();
        await Node.DisposeAsync();
        _metrics.Dispose();
        _folder.Dispose();
    }
}
