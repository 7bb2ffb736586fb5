using System.Collections.Concurrent;
using System.Globalization;
using Sora.Contracts;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests;

/// <summary>
/// Two servers that know nothing of each other but the database. Both deliver to one mailbox while clients of both change flags in it and
/// expunge from it.
/// </summary>
public sealed class TwoProcessesTests : IAsyncLifetime
{
    private const string User = "both@example.com";
    private const string Password = "secret";

    private readonly string _bodies = Directory.CreateTempSubdirectory("sora-test-").FullName;
    private readonly SoraProcess[] _nodes = new SoraProcess[2];
    private Mailstore.Storage.Embedded.PostgresAddress _database = null!;

    // How long the load lasts; the issue asks for 60
    private static TimeSpan Duration =>
        TimeSpan.FromSeconds(int.Parse(Environment.GetEnvironmentVariable("SORA_TEST_SECONDS") ?? "20", CultureInfo.InvariantCulture));

    public async Task InitializeAsync()
    {
        // Empty: both find that the schema is missing, and one makes it
        _database = await PostgresFixture.CreateEmptyAddressAsync();
        string[] settings =
        [
            "database.embedded=false",
            $"database.hosts={_database.SocketFolder}",
            $"database.port={_database.Port}",
            $"database.name={_database.Database}",
            $"database.user={_database.User}",
            "storage.staging=database",
            $"storage.bodies_folder={_bodies}",
        ];
        var starts = _nodes.Select(_ => SoraProcess.StartAsync(settings)).ToList();
        for (var i = 0; i < _nodes.Length; i++)
            _nodes[i] = await starts[i];
        await _nodes[0].CreateAccountsAsync(Password, User);
    }

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            if (node is not null)
                await node.DisposeAsync();
        }

        Directory.Delete(_bodies, recursive: true);
    }

    [Fact]
    public async Task Both_change_one_mailbox_and_agree_with_the_database_in_the_end()
    {
        var shared = new SharedMailbox();
        using var time = new CancellationTokenSource();
        using var workDone = new CancellationTokenSource();
        var workers = new List<MailboxWorker>();
        for (var i = 0; i < 4; i++)
            workers.Add(new MailboxWorker(await ImapClient.OpenInboxAsync(_nodes[i % 2].ImapPort, User, Password), i, shared));
        time.CancelAfter(Duration);

        // Deliveries go on until the last client has come out of IDLE
        var deliveries = Task.WhenAll(_nodes.Select((node, i) => DeliverAsync(node, i + 1, shared, workDone.Token)));
        await Task.WhenAll(workers.Select(worker => worker.RunAsync(time.Token)));
        await workDone.CancelAsync();
        await deliveries;

        // What one process did last the other hears of in a moment; a client asks for each message of which it is told then
        await Eventually.WaitAsync(
            async () =>
            {
                foreach (var worker in workers)
                    await worker.FinishAsync();
                return workers.All(worker => IsSame(worker.Client.View, workers[0].Client.View));
            },
            TimeSpan.FromSeconds(15),
            "all clients have the same messages with the same flags");
        var view = workers[0].Client.View;

        // No lost update: each client alone changes its keyword
        foreach (var worker in workers)
        {
            foreach (var uid in view.Uids)
                view.Flags[uid].Contains(worker.Keyword).ShouldBe(worker.Flagged.Contains(uid), $"{worker.Keyword} of UID {uid}");
        }

        // Each acknowledged message got one UID and only what was expunged is missing
        var numbers = shared.Numbers.Values.ToList();
        numbers.Count.ShouldBe(numbers.Distinct().Count(), "a message is there twice");
        shared.Acknowledged.Except(numbers).ShouldBeEmpty("acknowledged and never seen");
        numbers.Except(shared.Acknowledged).ShouldBeEmpty("nobody delivered it");
        view.Uids.ShouldBe(shared.Numbers.Keys.Except(shared.Expunged).Order());
        shared.Expunged.Count.ShouldBeGreaterThan(0);
        await ShouldBeInDatabaseAsync(view);
        foreach (var worker in workers)
            worker.Dispose();
    }

    private async Task ShouldBeInDatabaseAsync(MailboxView view)
    {
        await using var third = await MailstoreNode.StartAsync(_database);
        var account = (await third.Accounts.FindAsync(User, CancellationToken.None))!;
        var update = await (await third.InboxAsync(third.Accounts.Get(account.Account))).OpenAsync(default, CancellationToken.None);
        var index = update.Value.Index!;
        index.Uids().ShouldBe(view.Uids);
        var keyword = new Dictionary<string, ulong>();
        for (var i = 0; i < 4; i++)
            keyword[MailboxWorker.KeywordOf(i)] = FlagMask.OfKeyword(index.Keywords.IndexOf(MailboxWorker.KeywordOf(i)));
        for (var i = 0; i < index.Count; i++)
        {
            foreach (var (name, mask) in keyword)
                ((index[i].Flags & mask) != 0).ShouldBe(view.Flags[index.UidAt(i)].Contains(name), $"{name} of UID {index.UidAt(i)}");
        }
    }

    private static bool IsSame(MailboxView one, MailboxView other) =>
        one.Uids.SequenceEqual(other.Uids) && one.Uids.All(uid => uid != 0 && Lasting(one.Flags[uid]).SetEquals(Lasting(other.Flags[uid])));

    // \Recent belongs to a session (RFC 3501 section 2.3.2)
    private static HashSet<string> Lasting(IEnumerable<string> flags) => [.. flags.Where(static flag => flag != "\\Recent")];

    private static async Task DeliverAsync(SoraProcess node, int side, SharedMailbox shared, CancellationToken time)
    {
        using var lmtp = await LmtpClient.ConnectAsync(node.LmtpPort);
        for (var number = side * 1_000_000; !time.IsCancellationRequested; number++)
        {
            await lmtp.DeliverAsync(User, TestMail.Make(number));
            shared.Acknowledged.Add(number);
        }
    }
}

/// <summary>What the clients of one mailbox know together.</summary>
internal sealed class SharedMailbox
{
    /// <summary>Which message each UID named when a client read it.</summary>
    public ConcurrentDictionary<uint, int> Numbers { get; } = [];

    public ConcurrentBag<int> Acknowledged { get; } = [];

    /// <summary>UIDs of which a client was told that they are gone.</summary>
    public ConcurrentDictionary<uint, bool> Gone { get; } = [];

    public ICollection<uint> Expunged => Gone.Keys;
}
