using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Mailboxes;

/// <summary>Two processes on one database, without anything between them but the fence and NOTIFY.</summary>
public sealed class TwoNodesTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private MailstoreNode _left = null!;
    private MailstoreNode _right = null!;
    private MailboxId _inbox;

    public async Task InitializeAsync()
    {
        _left = await MailstoreNode.StartAsync(options: new MailboxOptions { SnapshotEvery = 20 });
        _right = await MailstoreNode.StartAsync(_left.Address, new MailboxOptions { SnapshotEvery = 20 });
        _inbox = await MailstoreNode.IdAsync(await _left.CreateAccountAsync(), "INBOX");
    }

    public async Task DisposeAsync()
    {
        await _left.DisposeAsync();
        await _right.DisposeAsync();
    }

    [Fact]
    public async Task Who_may_have_been_paused_looks_at_the_log_before_it_answers()
    {
        // So short a silence is none that anybody can avoid: what others write is seen without an announcement
        await using var paused = await MailstoreNode.StartAsync(_left.Address, maxSilence: TimeSpan.FromTicks(1));
        var mailbox = paused.Mailboxes.Get(_inbox);
        for (var i = 1; i <= 50; i++)
        {
            var appended = (await MailboxTests.AppendAsync(_right.Mailboxes.Get(_inbox), 1)).Value;
            var index = await MailboxTests.IndexAsync(mailbox);
            index.HighestModSeq.ShouldBe(appended.ModSeq);
            index.Count.ShouldBe(i);
        }
    }

    [Fact]
    public async Task Both_write_to_one_mailbox_and_nothing_is_lost_or_given_twice()
    {
        const int Rounds = 60;
        var (left, right) = (_left.Mailboxes.Get(_inbox), _right.Mailboxes.Get(_inbox));
        var given = await Task.WhenAll(Work(left, 1), Work(right, 2));
        var uids = given.SelectMany(static uids => uids).ToList();
        uids.Count.ShouldBe(uids.Distinct().Count());
        uids.Count.ShouldBe(2 * 4 * Rounds);

        await Eventually.WaitAsync(
            async () => (await MailboxTests.IndexAsync(left)).HighestModSeq == (await MailboxTests.IndexAsync(right)).HighestModSeq,
            TimeSpan.FromSeconds(10));
        var (seenLeft, seenRight) = (await MailboxTests.IndexAsync(left), await MailboxTests.IndexAsync(right));
        MailboxTests.ShouldBeSame(seenLeft, seenRight);
        await using var third = await MailstoreNode.StartAsync(_left.Address);
        MailboxTests.ShouldBeSame(await MailboxTests.IndexAsync(third.Mailboxes.Get(_inbox)), seenLeft);

        // Each side flagged its own messages with its own keyword: no store was lost
        foreach (var (own, keyword) in new[] { (given[0], "$side1"), (given[1], "$side2") })
        {
            var mask = FlagMask.OfKeyword(seenLeft.Keywords.IndexOf(keyword));
            foreach (var uid in own)
            {
                if (seenLeft.PositionOf(uid) is >= 0 and var position)
                    (seenLeft[position].Flags & mask).ShouldBe(mask);
            }
        }

        static async Task<List<uint>> Work(IMailbox mailbox, int side)
        {
            var own = new List<uint>();
            var random = new Random(side);
            for (var i = 0; i < Rounds; i++)
            {
                var appended = (await MailboxTests.AppendAsync(mailbox, 4)).Value.Uids;
                own.AddRange(appended);
                await MailboxTests.StoreAsync(mailbox, appended, StoreMode.Add, FlagSet.Of(SystemFlags.Seen, $"$side{side}"));
                if (i % 3 == 0)
                {
                    var victim = UidSet.Of(own[random.Next(own.Count)]);
                    await MailboxTests.StoreAsync(mailbox, victim, StoreMode.Add, FlagSet.Of(SystemFlags.Deleted));
                    (await mailbox.ExpungeAsync(new ExpungeRequest(OperationId.None, victim), None)).IsOk.ShouldBeTrue();
                }
            }

            return own;
        }
    }

    [Fact]
    public async Task A_subscriber_on_one_hears_of_a_change_on_the_other()
    {
        var subscriber = new Listener();
        using var subscription = _right.Mailboxes.Subscribe(_inbox, subscriber);
        await MailboxTests.IndexAsync(_right.Mailboxes.Get(_inbox));
        var appended = (await MailboxTests.AppendAsync(_left.Mailboxes.Get(_inbox), 1)).Value;
        await Eventually.WaitAsync(() => subscriber.Heard >= appended.ModSeq.Value);
        (await MailboxTests.IndexAsync(_right.Mailboxes.Get(_inbox))).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_mailbox_deleted_on_one_takes_nothing_on_the_other()
    {
        var account = _left.Accounts.Get((await _left.Accounts.FindAsync("user@example.com", None))!.Account);
        var elsewhere = _right.Accounts.Get(account.Id);
        var trash = await MailstoreNode.IdAsync(elsewhere, "Trash");
        await MailboxTests.AppendAsync(_right.Mailboxes.Get(trash), 1);
        (await account.DeleteAsync(MailboxName.Parse("Trash").Value, None)).IsOk.ShouldBeTrue();
        (await MailboxTests.AppendAsync(_right.Mailboxes.Get(trash), 1)).Error!.Code.ShouldBe(MailErrorCode.NonExistent);
        await Eventually.WaitAsync(
            async () => (await elsewhere.ListAsync(None)).Find(MailboxName.Parse("Trash").Value) is null, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Moves_on_one_and_deliveries_on_the_other_agree()
    {
        var account = _left.Accounts.Get((await _left.Accounts.FindAsync("user@example.com", None))!.Account);
        var archive = await MailstoreNode.IdAsync(account, "Archive");
        var moved = 0;
        var delivery = Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
                (await MailboxTests.AppendAsync(_right.Mailboxes.Get(_inbox), 1)).IsOk.ShouldBeTrue();
        });
        while (moved < 100)
        {
            var result = await _left.Mailboxes.Get(_inbox).CopyAsync(new CopyRequest(OperationId.None, UidSet.All, archive, Move: true), None);
            moved += (int)result.Value.SourceUids.Count;
            if (delivery.IsFaulted)
                await delivery;
        }

        await delivery;
        await using var third = await MailstoreNode.StartAsync(_left.Address);
        (await MailboxTests.IndexAsync(third.Mailboxes.Get(archive))).Count.ShouldBe(100);
        (await MailboxTests.IndexAsync(third.Mailboxes.Get(_inbox))).Count.ShouldBe(0);
    }

    private sealed class Listener : IMailboxSubscriber
    {
        private long _heard;

        public long Heard => Interlocked.Read(ref _heard);

        public void Changed(MailboxId mailbox, ModSeq modSeq) => Interlocked.Exchange(ref _heard, modSeq.Value);
    }
}
