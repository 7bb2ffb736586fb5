using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Mailstore;
using Sora.Mailstore.Accounts;
using Sora.Mailstore.Accounts.Passwords;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Hashing;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;
using Sora.Mailstore.Storage.Embedded;

namespace Sora.MicroBench.Engine;

/// <summary>The engine alone on a private, durable PostgreSQL: deliveries, opening and storing in a large mailbox.</summary>
internal static class EngineBench
{
    private static readonly CancellationToken None = CancellationToken.None;

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
            await using var feed = new ChangeFeed(database, NullLogger<ChangeFeed>.Instance);
            await feed.StartAsync(None);
            using var metrics = new MailstoreMetrics();
            var passwords = new PasswordHasher(new PasswordOptions { BcryptCost = 4 });

            List<MailboxId> inboxes;
            await using (var mailboxes = Host(database, feed, metrics))
            {
                inboxes = await CreateInboxesAsync(database, feed, mailboxes, passwords, 200);
                foreach (var writers in new[] { 1, 10, 50, 200 })
                    await DeliverAsync(mailboxes, inboxes, writers, TimeSpan.FromSeconds(5));
                await FillAsync(mailboxes, inboxes[0], 100_000);
                await StoreAsync(mailboxes, inboxes[0]);
            }

            for (var i = 0; i < 4; i++)
            {
                await using var mailboxes = Host(database, feed, metrics);
                await mailboxes.Get(inboxes[1]).OpenAsync(default, None); // the connection and the statements are ready
                var before = GC.GetTotalMemory(forceFullCollection: true);
                var watch = Stopwatch.StartNew();
                var index = (await mailboxes.Get(inboxes[0]).OpenAsync(default, None)).Value.Index!;
                watch.Stop();
                var memory = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)index.Count;
                Print($"open cold, {index.Count} messages: {watch.Elapsed.TotalMilliseconds:F1} ms, {memory:F0} bytes a message");
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static MailboxHost Host(Database database, ChangeFeed feed, MailstoreMetrics metrics) =>
        new(database, feed, new MailboxOptions(), metrics, TimeProvider.System, NullLoggerFactory.Instance);

    private static async Task<List<MailboxId>> CreateInboxesAsync(
        Database database, ChangeFeed feed, MailboxHost mailboxes, PasswordHasher passwords, int count)
    {
        using var verifier = new PasswordVerifier(passwords, new PasswordOptions(), TimeProvider.System);
        await using var accounts = new AccountHost(database, feed, mailboxes, verifier, new AccountOptions(), TimeProvider.System, NullLoggerFactory.Instance);
        var administration = new AccountAdministration(database, passwords, accounts.Announce);
        var inboxes = new List<MailboxId>();
        for (var i = 0; i < count; i++)
        {
            var account = (await administration.CreateAsync($"user{i}@bench.example", "password", None)).Value;
            inboxes.Add((await accounts.Get(account).ListAsync(None)).Find(MailboxName.Inbox)!.Id);
        }

        return inboxes;
    }

    private static async Task DeliverAsync(MailboxHost mailboxes, List<MailboxId> inboxes, int writers, TimeSpan duration)
    {
        var done = 0L;
        var watch = Stopwatch.StartNew();
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            for (var i = writer; watch.Elapsed < duration; i += writers)
            {
                var result = await mailboxes.Get(inboxes[i % inboxes.Count]).AppendAsync(new AppendRequest(OperationId.None, [Message(2048, i)]), None);
                if (result.IsOk)
                    Interlocked.Increment(ref done);
            }
        })));
        cpu = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        Print($"append 2 KiB, {writers} writers: {done / watch.Elapsed.TotalSeconds:F0}/s, {cpu.TotalMicroseconds / done:F0} µs of CPU each (without PostgreSQL's)");
    }

    private static async Task FillAsync(MailboxHost mailboxes, MailboxId id, int count)
    {
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < count; i += 500)
            await mailboxes.Get(id).AppendAsync(new AppendRequest(OperationId.None, [.. Enumerable.Range(i, 500).Select(n => Message(512, n))]), None);
        Print($"append 512 bytes in five hundreds: {count / watch.Elapsed.TotalSeconds:F0}/s");
    }

    private static async Task StoreAsync(MailboxHost mailboxes, MailboxId id)
    {
        var times = new List<double>();
        for (var i = 0; i < 20; i++)
        {
            var watch = Stopwatch.StartNew();
            var mode = i % 2 == 0 ? StoreMode.Add : StoreMode.Remove;
            await mailboxes.Get(id).StoreAsync(new StoreRequest(OperationId.None, UidSet.All, mode, FlagSet.Of(SystemFlags.Flagged)), None);
            times.Add(watch.Elapsed.TotalMilliseconds);
        }

        times.Sort();
        Print($"store one flag on all of 100,000: median {times[10]:F1} ms, most {times[^1]:F1} ms");
    }

    private static AppendMessage Message(int size, int number)
    {
        var body = new byte[size];
        var header = Encoding.ASCII.GetBytes($"Subject: message {number}\r\nMessage-ID: <{Guid.NewGuid():N}@bench.example>\r\n\r\n");
        Random.Shared.NextBytes(body);
        header.CopyTo(body, 0);
        Span<byte> hash = stackalloc byte[32];
        Blake3Hasher.Hash(body, hash);
        var message = new BenchMessage
        {
            Hash = ContentHash.From(hash),
            Size = size,
            Header = header,
            HeaderTruncated = false,
            Envelope = new byte[200],
            Structure = new byte[60],
            Body = body,
        };
        return new AppendMessage(message, default, FlagSet.Empty, DateTimeOffset.UtcNow);
    }

    private static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private sealed class BenchMessage : StagedMessage
    {
        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
