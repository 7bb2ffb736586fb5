using System.Collections.Concurrent;
using Sora.Contracts;
using Sora.Testing;

namespace Sora.Cluster.Tests;

/// <summary>Silos that go away while clients work.</summary>
public sealed class LossTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_is_lost_or_doubled_when_silos_go_under_load(bool areKilled)
    {
        const int Mailboxes = 8, Appends = 120;
        await using var cluster = await TestCluster.StartAsync(4);
        var (account, _) = await cluster.CreateAccountAsync();
        var boxes = new List<MailboxId>();
        for (var i = 0; i < Mailboxes; i++)
            boxes.Add((await cluster.Left.Accounts.Get(account).CreateAsync(MailboxName.Parse($"Box{i}").Value, SpecialUse.None, None)).Value.Id);
        var done = 0;
        var acknowledged = new ConcurrentDictionary<MailboxId, ConcurrentBag<(int Number, uint Uid)>>();
        var workers = boxes.SelectMany((box, i) => new[]
        {
            WorkAsync(cluster.Left, box, 1 + (i * 10_000)),
            WorkAsync(cluster.Right, box, 5001 + (i * 10_000)),
        }).ToList();

        // The first silo has the right gateway in it
        foreach (var share in new[] { 4, 2 })
        {
            await Eventually.WaitAsync(() => Volatile.Read(ref done) > Mailboxes * 2 * Appends / share / 2 || workers.Exists(static worker => worker.IsFaulted), TimeSpan.FromMinutes(3));
            var silo = cluster.Silos[^1];
            await (areKilled ? cluster.KillAsync(silo) : cluster.StopAsync(silo));
        }

        await Task.WhenAll(workers);
        await using var fresh = await cluster.StartNodeAsync();
        foreach (var box in boxes)
        {
            var index = await fresh.Mailboxes.Get(box).IndexAsync();
            var mine = acknowledged[box];
            index.Count.ShouldBe(2 * Appends);
            index.Numbers().Order().ShouldBe(mine.Select(static append => append.Number).Order());
            foreach (var (number, uid) in mine)
            {
                var row = index[index.PositionOf(uid)];
                row.InternalDate.ShouldBe(number);
                row.Flags.ShouldBe(FlagMask.Flagged);
            }

            // The gateways' view is the database's
            (await cluster.Left.Mailboxes.Get(box).IndexAsync()).HighestModSeq.ShouldBe(index.HighestModSeq);
            (await cluster.Right.Mailboxes.Get(box).IndexAsync()).HighestModSeq.ShouldBe(index.HighestModSeq);
        }

        async Task WorkAsync(TestGateway gateway, MailboxId box, int first)
        {
            var mailbox = gateway.Mailboxes.Get(box);
            var last = (Uid: 0u, ModSeq: 0L);
            for (var number = first; number < first + Appends; number++)
            {
                var appended = await mailbox.AppendAsync(number);
                var uid = appended.Uids.First();
                uid.ShouldBeGreaterThan(last.Uid);
                appended.ModSeq.Value.ShouldBeGreaterThan(last.ModSeq);
                var stored = await mailbox.AddFlagAsync(appended.Uids, SystemFlags.Flagged);
                stored.ModSeq.ShouldBeGreaterThan(appended.ModSeq);
                last = (uid, stored.ModSeq.Value);
                acknowledged.GetOrAdd(box, static _ => []).Add((number, uid));

                // What was acknowledged is there for whoever looks afterwards
                var index = await mailbox.IndexAsync();
                index.HighestModSeq.ShouldBeGreaterThanOrEqualTo(stored.ModSeq);
                index.PositionOf(uid).ShouldBeGreaterThanOrEqualTo(0);
                Interlocked.Increment(ref done);
            }
        }
    }

    [Fact]
    public async Task Without_a_silo_the_client_hears_unavailable_and_with_one_it_goes_on()
    {
        await using var cluster = await TestCluster.StartAsync(1, static options => options.CallTimeout = TimeSpan.FromSeconds(3));
        var (_, inbox) = await cluster.CreateAccountAsync();
        var mailbox = cluster.Left.Mailboxes.Get(inbox);
        await mailbox.AppendAsync(1);
        await cluster.KillAsync(cluster.Silos[0]);
        var request = new AppendRequest(OperationId.New(), [TestMessage.Append(2)]);
        (await mailbox.AppendAsync(request, None)).Error!.Code.ShouldBe(MailErrorCode.Unavailable);
        await cluster.AddSiloAsync();
        AppendResult? appended = null;
        await Eventually.WaitAsync(
            async () =>
            {
                var result = await mailbox.AppendAsync(request, None);
                appended = result.IsOk ? result.Value : null;
                return appended is not null;
            },
            TimeSpan.FromMinutes(1));
        (await mailbox.IndexAsync()).Numbers().ShouldBe([1, 2]);
        appended!.Uids.First().ShouldBe(2u);
    }

    [Fact]
    public async Task Who_waits_for_news_gets_it_after_the_silo_that_would_have_told_it_is_gone()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var (account, _) = await cluster.CreateAccountAsync();
        var listeners = new List<(MailboxId Box, Listener Listener)>();
        var subscriptions = new List<IDisposable>();
        for (var i = 0; i < 6; i++)
        {
            var box = (await cluster.Left.Accounts.Get(account).CreateAsync(MailboxName.Parse($"Watched{i}").Value, SpecialUse.None, None)).Value.Id;
            var listener = new Listener();
            subscriptions.Add(cluster.Left.Mailboxes.Subscribe(box, listener));
            listeners.Add((box, listener));
            var appended = await cluster.Right.Mailboxes.Get(box).AppendAsync(1);
            await Eventually.WaitAsync(() => listener.Newest >= appended.ModSeq.Value);
        }

        await cluster.KillAsync(cluster.Silos[^1]);
        foreach (var (box, listener) in listeners)
        {
            var appended = await cluster.Right.Mailboxes.Get(box).AppendAsync(2);
            await Eventually.WaitAsync(() => listener.Newest >= appended.ModSeq.Value);
        }

        subscriptions.ForEach(static subscription => subscription.Dispose());
    }

    private sealed class Listener : IMailboxSubscriber
    {
        private long _newest;

        public long Newest => Volatile.Read(ref _newest);

        public void Changed(MailboxId mailbox, ModSeq modSeq)
        {
            var known = Volatile.Read(ref _newest);
            while (modSeq.Value > known && Interlocked.CompareExchange(ref _newest, modSeq.Value, known) is var before && before != known)
                known = before;
        }
    }
}
