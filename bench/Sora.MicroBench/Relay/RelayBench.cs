using System.Data;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Sora.Contracts;
using Sora.Mailstore;
using Sora.Mailstore.Relay;
using Sora.Mailstore.Storage;
using Sora.Mailstore.Storage.Embedded;
using Sora.Relay;

namespace Sora.MicroBench.Relay;

/// <summary>The queue of what leaves, on a private, durable PostgreSQL, while a million recipients wait for their next attempt.</summary>
internal static class RelayBench
{
    private const int Waiting = 1_000_000;
    private const int Due = 4000;
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly byte[] Small = Encoding.ASCII.GetBytes("Subject: bench\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('x', 78) + "\r\n", 25)));

    public static void Run() => RunAsync().GetAwaiter().GetResult();

    private static async Task RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("sora-bench-");
        try
        {
            var options = new DatabaseOptions();
            await using var server = await EmbeddedPostgres.StartAsync(options.EmbeddedServer, folder.FullName);
            await using var database = new Database(options, server.Address);
            await database.WaitUntilReadyAsync(options.StartTimeout);
            await new Migrator(database, options).UpAsync();
            using var metrics = new MailstoreMetrics();
            using var queue = Open(database, metrics);

            await LookAsync("empty queue", database, queue);
            await DrainAsync("empty queue", database, metrics, nodes: 1);
            await DrainAsync("empty queue", database, metrics, nodes: 2);
            await FillAsync(database);

            // Statements that were planned for an empty queue
            await TimeAsync("a million came at once: poll, nothing due", 20, _ => queue.TakeAsync(TimeSpan.FromMinutes(2), 100, false, None));
            await TimeAsync("a million came at once: enqueue", 20, i => queue.EnqueueAsync(Request($"at once/{i}", Small, i), None));
            await ExecuteAsync(database, "VACUUM ANALYZE relay_messages");
            await ExecuteAsync(database, "VACUUM ANALYZE relay_chunks");
            await ExecuteAsync(database, "VACUUM ANALYZE relay_recipients");
            await LookAsync("a million wait", database, queue);
            await AdministerAsync(database);
            await DrainAsync("a million wait", database, metrics, nodes: 1);
            await DrainAsync("a million wait", database, metrics, nodes: 2);
            await using (var dump = await database.Write.OpenConnectionAsync(None))
            await using (await dump.BeginTransactionAsync(IsolationLevel.RepeatableRead))
            {
                // Rows that leave the queue stay on the disk as long as the dump might want to see them
                await using var command = new NpgsqlCommand("SELECT count(*) FROM relay_messages", dump);
                await command.ExecuteScalarAsync();
                for (var i = 0; i < 4; i++)
                    await DrainAsync("a dump runs", database, metrics, nodes: 1);
            }

            await LargeAsync(queue, database, metrics);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static RelayQueue Open(Database database, MailstoreMetrics metrics) =>
        new(database, new RelayLimits(true, 64 << 20, 100, 2 * Waiting, int.MaxValue, int.MaxValue, 50, TimeSpan.FromDays(5)), metrics, TimeProvider.System);

    // What each node does every poll_interval, what a delivery does, and what the metrics do every 15 seconds
    private static async Task LookAsync(string when, Database database, RelayQueue queue)
    {
        await TimeAsync($"{when}: poll, nothing due", 2000, _ => queue.TakeAsync(TimeSpan.FromMinutes(2), 100, false, None));
        await TimeAsync($"{when}: poll, no host up", 2000, _ => queue.TakeAsync(TimeSpan.FromMinutes(2), 100, true, None));
        await TimeAsync($"{when}: enqueue, one after the other", 2000, i => queue.EnqueueAsync(Request($"{when}/{i}", Small, i), None));
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async lane =>
        {
            for (var i = 0; i < 1000; i++)
                await queue.EnqueueAsync(Request($"{when}/{lane}/{i}", Small, (lane * 1000) + i), None);
        }));
        Print($"{when}: enqueue, 8 at once: {8000 / watch.Elapsed.TotalSeconds:F0} messages/s");
        await TimeAsync($"{when}: count", 20, _ => queue.CountAsync(None));
        await ExecuteAsync(database, "TRUNCATE relay_operations");
        await ExecuteAsync(database, "UPDATE relay_recipients SET next_attempt = now() + interval '1 day' WHERE next_attempt <= now() + interval '1 minute'");
        await ExecuteAsync(database, "VACUUM relay_recipients");
    }

    private static async Task AdministerAsync(Database database)
    {
        var administration = new RelayAdministration(database);
        await TimeAsync("list: first page of 1000", 20, _ => administration.ListAsync(new RelayFilter(), 0, 1001, None));
        await TimeAsync("list: page in the middle", 20, _ => administration.ListAsync(new RelayFilter(), Waiting / 2, 1001, None));
        await TimeAsync("list: of an account", 20, _ => administration.ListAsync(new RelayFilter(Account: new AccountId(77)), 0, 1001, None));
        await TimeAsync("list: of a recipient", 20, _ => administration.ListAsync(new RelayFilter(Recipient: "User555555@d55.example"), 0, 1001, None));
        await TimeAsync("list: of a domain", 20, _ => administration.ListAsync(new RelayFilter(Recipient: "@d55.example"), 0, 1001, None));
        await TimeAsync("list: of a domain that nobody writes to", 5, _ => administration.ListAsync(new RelayFilter(Recipient: "@none.example"), 0, 1001, None));
        await TimeAsync("retry: one message", 20, i => administration.RetryAsync(new RelayFilter(Message: 100_000 + i), None));
        await TimeAsync("delete: one message", 20, i => administration.DeleteAsync(new RelayFilter(Message: 100_000 + i), None));
        await TimeAsync("delete: a domain of 10,000", 1, _ => administration.DeleteAsync(new RelayFilter(Recipient: "@d33.example"), None));
    }

    private static async Task DrainAsync(string when, Database database, MailstoreMetrics metrics, int nodes)
    {
        await using var sink = new SmtpSink();
        using var queue = Open(database, metrics);
        for (var i = 0; i < Due; i++)
            await queue.EnqueueAsync(Request($"drain/{Guid.NewGuid():N}", Small, i) with { Recipients = [new RelayRecipient($"due{i}@sink.example")] }, None);
        using var instruments = new RelayMetrics();
        var watch = Stopwatch.StartNew();
        var before = Process.GetCurrentProcess().TotalProcessorTime;
        var workers = Enumerable.Range(0, nodes).Select(_ => Work(Open(database, metrics), sink, instruments)).ToList();
        while (sink.Messages < Due)
            await Task.Delay(1);
        watch.Stop();
        var cpu = Process.GetCurrentProcess().TotalProcessorTime - before;
        foreach (var worker in workers)
            await worker.DisposeAsync();
        Print(
            $"{when}: drain by {nodes} node(s): {Due / watch.Elapsed.TotalSeconds:F0} messages/s, {cpu.TotalMilliseconds * 1000 / Due:F0} us of this process each, "
            + $"{sink.Recipients.Values.Count(static times => times > 1)} sent twice, {await ScalarAsync(database, "SELECT count(*) FROM relay_recipients WHERE address LIKE 'due%'")} left");
    }

    // Four of 50 MB at once, to a host that takes 16 MB a second from each
    private static async Task LargeAsync(RelayQueue queue, Database database, MailstoreMetrics metrics)
    {
        const int messages = 4;
        const int size = 50_000_000;
        await using var sink = new SmtpSink { BytesPerSecond = 16_000_000 };
        var line = Encoding.ASCII.GetBytes(new string('x', 98) + "\r\n");
        for (var i = 0; i < messages; i++)
        {
            var left = size;
            await queue.EnqueueAsync(
                Request($"large/{i}", "Subject: large\r\n\r\n"u8.ToArray(), i) with
                {
                    Rest = (buffer, _) =>
                    {
                        var count = Math.Min(Math.Min(buffer.Length, left), line.Length);
                        line.AsSpan(0, count).CopyTo(buffer.Span);
                        left -= count;
                        return new(count);
                    },
                },
                None);
        }

        var before = Resident();
        var peak = 0L;
        using var instruments = new RelayMetrics();
        await using var worker = Work(Open(database, metrics), sink, instruments);
        var watch = Stopwatch.StartNew();
        while (sink.Messages < messages)
        {
            peak = Math.Max(peak, Resident());
            await Task.Delay(20);
        }

        Print($"{messages} messages of 50 MB at once to a slow host: {watch.Elapsed.TotalSeconds:F1} s, resident memory grew by {(peak - before) / 1e6:F0} MB at most");
    }

    private static long Resident()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    private static RelayWorker Work(RelayQueue queue, SmtpSink sink, RelayMetrics metrics)
    {
        var nobody = new NobodyHere();
        var worker = new RelayWorker(
            queue, new RelayOptions { Hosts = [sink.Address], Tls = RelayTls.None }, "bench.example.org", new RelayLocalDelivery(nobody, nobody, nobody, "+"), metrics,
            TimeProvider.System, NullLoggerFactory.Instance);
        worker.Start();
        return worker;
    }

    private static RelayRequest Request(string operation, byte[] message, int i) => new(
        operation, new AccountId(1 + (i % 1000)), RelayKind.Redirect, "sender@example.org", [new RelayRecipient($"user{i}@new.example")], message);

    private static async Task FillAsync(Database database)
    {
        var watch = Stopwatch.StartNew();

        // One transaction, and the foreign keys are as they must be
        await ExecuteAsync(
            database,
            $"""
            SET session_replication_role = replica;
            INSERT INTO relay_messages (account_id, kind, sender, size, created_at)
                SELECT 1 + i % 1000, 0, 'sender' || i || '@example.org', 218, now() - interval '1 hour' FROM generate_series(1, {Waiting}) i;
            INSERT INTO relay_chunks (message_id, number, data)
                SELECT id, 0, convert_to('Subject: x' || repeat('y', 200) || E'\r\n\r\nx\r\n', 'UTF8') FROM relay_messages m WHERE NOT EXISTS (SELECT FROM relay_chunks c WHERE c.message_id = m.id);
            INSERT INTO relay_recipients (message_id, number, address, attempts, next_attempt, expires_at, is_report, reply_code, reply_status, reply_text, reply_host)
                SELECT id, 1, 'user' || id || '@d' || id % 100 || '.example', 3, now() + interval '1 hour' + (id % 3600) * interval '1 second', now() + interval '4 days', false,
                    451, '4.7.1', 'Greylisted, please come back later', 'mx.example.net'
                FROM relay_messages m WHERE NOT EXISTS (SELECT FROM relay_recipients r WHERE r.message_id = m.id);
            RESET session_replication_role;
            """);
        Print($"a million were put there in {watch.Elapsed.TotalSeconds:F0} s");
    }

    private static async Task TimeAsync<T>(string what, int times, Func<int, Task<T>> work)
    {
        await work(times);
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < times; i++)
            await work(i);
        Print($"{what}: {watch.Elapsed.TotalMilliseconds / times:F3} ms");
    }

    private static async Task ExecuteAsync(Database database, string sql)
    {
        await using var command = database.Write.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<long> ScalarAsync(Database database, string sql)
    {
        await using var command = database.Write.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private static void Print(string text) => Console.WriteLine(text);
}
