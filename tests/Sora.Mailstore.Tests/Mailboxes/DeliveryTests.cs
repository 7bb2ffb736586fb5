using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Mailboxes;

/// <summary>AppendAllAsync: into all mailboxes or into none, whoever else writes at the same time.</summary>
public sealed class DeliveryTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly string[] Names = ["INBOX", "Drafts", "Sent", "Trash"];

    private MailstoreNode _left = null!;
    private MailstoreNode _right = null!;
    private IAccount _account = null!;
    private MailboxId[] _mailboxes = null!;

    public async Task InitializeAsync()
    {
        _left = await MailstoreNode.StartAsync(options: new MailboxOptions { SnapshotEvery = 20 });
        _right = await MailstoreNode.StartAsync(_left.Address, new MailboxOptions { SnapshotEvery = 20 });
        _account = await _left.CreateAccountAsync();
        _mailboxes = await Task.WhenAll(Names.Select(name => MailstoreNode.IdAsync(_account, name)));
    }

    public async Task DisposeAsync()
    {
        await _left.DisposeAsync();
        await _right.DisposeAsync();
    }

    [Fact]
    public async Task Each_mailbox_gets_its_own_and_a_request_that_comes_again_adds_nothing()
    {
        var other = await _left.CreateAccountAsync("other@example.com");
        var theirs = await MailstoreNode.IdAsync(other, "INBOX");
        var message = TestMessage.Append();
        MailboxAppend[] appends =
        [
            new(theirs, new AppendRequest(OperationId.New(), [message with { Flags = FlagSet.Of(SystemFlags.Flagged) }])),
            new(_mailboxes[0], new AppendRequest(OperationId.New(), [message, TestMessage.Append("another")])),
            new(_mailboxes[1], new AppendRequest(OperationId.New(), [message with { Flags = FlagSet.Of(SystemFlags.Seen, "kept") }])),
        ];
        var results = (await _left.Mailboxes.AppendAllAsync(appends, None)).Value;
        results.Select(static result => result.Uids.ToString()).ShouldBe(["1", "1:2", "1"]);
        results.ShouldAllBe(static result => !result.Repeated);
        foreach (var node in new[] { _left, _right })
        {
            var again = (await node.Mailboxes.AppendAllAsync(appends, None)).Value;
            again.ShouldAllBe(static result => result.Repeated);
            again.Select(static result => result.Uids.ToString()).ShouldBe(["1", "1:2", "1"]);
        }

        // Of a request that one mailbox knows, only the others take part in the commit
        var more = (await _right.Mailboxes.AppendAllAsync([.. appends[..2], new(_mailboxes[2], new AppendRequest(OperationId.New(), [message]))], None)).Value;
        more.Select(static result => result.Repeated).ShouldBe([true, true, false]);
        await using var third = await MailstoreNode.StartAsync(_left.Address);
        (await MailboxTests.IndexAsync(third.Mailboxes.Get(theirs)))[0].Flags.ShouldBe(FlagMask.Flagged);
        (await MailboxTests.IndexAsync(third.Mailboxes.Get(_mailboxes[0]))).Count.ShouldBe(2);
        (await MailboxTests.IndexAsync(third.Mailboxes.Get(_mailboxes[1])))[0].Flags.ShouldBe(FlagMask.Seen | FlagMask.OfKeyword(0));
        (await MailboxTests.IndexAsync(third.Mailboxes.Get(_mailboxes[2]))).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_mailbox_that_is_gone_keeps_the_message_out_of_all()
    {
        (await _account.DeleteAsync(MailboxName.Parse("Sent").Value, None)).IsOk.ShouldBeTrue();

        // The other process may not have heard of it yet: the fence tells it
        foreach (var node in new[] { _left, _right })
            (await node.Mailboxes.AppendAllAsync(Appends(0, 2), None)).Error!.Code.ShouldBe(MailErrorCode.NonExistent);
        (await MailboxTests.IndexAsync(_left.Mailboxes.Get(_mailboxes[0]))).Count.ShouldBe(0);
    }

    [Fact]
    public async Task All_of_an_account_fits_or_none_of_it()
    {
        await _left.Quotas.SetAsync(_account.Id, new QuotaLimits(null, 2, null), None);
        (await _left.Mailboxes.AppendAllAsync(Appends(0, 1, 2), None)).Error!.Code.ShouldBe(MailErrorCode.OverQuota);
        var two = Appends(0, 1);
        (await _left.Mailboxes.AppendAllAsync(two, None)).IsOk.ShouldBeTrue();

        // What was carried out before is not refused for want of room
        (await _left.Mailboxes.AppendAllAsync(two, None)).Value.ShouldAllBe(static result => result.Repeated);
        (await _left.Quotas.ReadAsync(_account.Id, None)).Value.Usage.Messages.ShouldBe(2);
    }

    [Fact]
    public async Task Two_processes_and_all_orders_do_not_wait_for_each_other_and_lose_nothing()
    {
        const int Rounds = 25;
        int[][] orders = [[0, 1, 2], [2, 1, 0], [1, 3], [3, 0, 2, 1]];
        var work = new List<Task>();
        foreach (var node in new[] { _left, _right })
        {
            foreach (var order in orders)
                work.Add(Work(node, order));
            work.Add(Task.Run(async () =>
            {
                for (var i = 0; i < Rounds; i++)
                    (await MailboxTests.AppendAsync(node.Mailboxes.Get(_mailboxes[1]), 1)).IsOk.ShouldBeTrue();
            }));
        }

        await Task.WhenAll(work).WaitAsync(TimeSpan.FromSeconds(90));
        await using var third = await MailstoreNode.StartAsync(_left.Address);
        foreach (var (mailbox, deliveries) in new[] { (0, 3), (1, 5), (2, 3), (3, 2) })
            (await MailboxTests.IndexAsync(third.Mailboxes.Get(_mailboxes[mailbox]))).Count.ShouldBe(deliveries * Rounds * 2, Names[mailbox]);

        async Task Work(MailstoreNode node, int[] order)
        {
            for (var i = 0; i < Rounds; i++)
                (await node.Mailboxes.AppendAllAsync(Appends(order), None)).IsOk.ShouldBeTrue();
        }
    }

    private List<MailboxAppend> Appends(params int[] mailboxes)
    {
        var message = TestMessage.Append();
        return [.. mailboxes.Select(i => new MailboxAppend(_mailboxes[i], new AppendRequest(OperationId.New(), [message])))];
    }
}
