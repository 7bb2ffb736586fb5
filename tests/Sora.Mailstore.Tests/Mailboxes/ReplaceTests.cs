using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Mailboxes;

/// <summary>ReplaceAsync: a message goes in and another one out, both or neither, whoever else writes at the same time.</summary>
public sealed class ReplaceTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private MailstoreNode _left = null!;
    private MailstoreNode _right = null!;
    private IAccount _account = null!;
    private MailboxId _inbox;
    private MailboxId _drafts;

    public async Task InitializeAsync()
    {
        _left = await MailstoreNode.StartAsync(options: new MailboxOptions { SnapshotEvery = 20 });
        _right = await MailstoreNode.StartAsync(_left.Address, new MailboxOptions { SnapshotEvery = 20 });
        _account = await _left.CreateAccountAsync();
        _inbox = await MailstoreNode.IdAsync(_account, "INBOX");
        _drafts = await MailstoreNode.IdAsync(_account, "Drafts");
    }

    public async Task DisposeAsync()
    {
        await _left.DisposeAsync();
        await _right.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_goes_in_and_one_goes_out(bool within)
    {
        var inbox = _left.Mailboxes.Get(_inbox);
        await MailboxTests.AppendAsync(inbox, 3);
        var request = Request(2, within ? _inbox : _drafts);
        var result = (await inbox.ReplaceAsync(request, None)).Value;
        result.Appended.Uids.ToString().ShouldBe(within ? "4" : "1");
        result.SourceModSeq.Value.ShouldBe(2);
        await ShouldBeAsync(_inbox, within ? "1,3:4" : "1,3");
        await ShouldBeAsync(_drafts, within ? "" : "1");

        // The same request again, as after an answer that was lost, in this process and in another one
        foreach (var node in new[] { _left, _right })
        {
            var again = (await node.Mailboxes.Get(_inbox).ReplaceAsync(request, None)).Value;
            again.Appended.Uids.ToString().ShouldBe(result.Appended.Uids.ToString());
            again.Appended.Repeated.ShouldBeTrue();
        }

        await ShouldBeAsync(_inbox, within ? "1,3:4" : "1,3");
        await ShouldBeAsync(_drafts, within ? "" : "1");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_goes_in_when_the_message_is_gone(bool within)
    {
        await MailboxTests.AppendAsync(_left.Mailboxes.Get(_inbox), 2);
        await MailboxTests.IndexAsync(_right.Mailboxes.Get(_inbox));

        // The other process may not have heard of it yet: the fence tells it
        await _left.Mailboxes.Get(_inbox).ExpungeAsync(new ExpungeRequest(OperationId.None, UidSet.Of(1), OnlyDeleted: false), None);
        var refused = await _right.Mailboxes.Get(_inbox).ReplaceAsync(Request(1, within ? _inbox : _drafts), None);
        refused.Error!.Code.ShouldBe(MailErrorCode.ExpungeIssued);
        await ShouldBeAsync(_inbox, "2");
        await ShouldBeAsync(_drafts, "");
    }

    [Fact]
    public async Task A_destination_that_is_gone_could_be_created()
    {
        var inbox = _left.Mailboxes.Get(_inbox);
        await MailboxTests.AppendAsync(inbox, 1);
        (await _account.DeleteAsync(MailboxName.Parse("Drafts").Value, None)).IsOk.ShouldBeTrue();
        (await inbox.ReplaceAsync(Request(1, _drafts), None)).Error!.Code.ShouldBe(MailErrorCode.TryCreate);
        await ShouldBeAsync(_inbox, "1");
    }

    [Fact]
    public async Task Two_processes_replace_one_message_and_one_of_them_wins()
    {
        const int Rounds = 25;
        await MailboxTests.AppendAsync(_left.Mailboxes.Get(_inbox), Rounds);
        var won = 0;
        for (uint uid = 1; uid <= Rounds; uid++)
        {
            // Each to another place, so that the commits meet at the source only
            var outcomes = await Task.WhenAll(
                _left.Mailboxes.Get(_inbox).ReplaceAsync(Request(uid, _drafts), None),
                _right.Mailboxes.Get(_inbox).ReplaceAsync(Request(uid, _inbox), None));
            outcomes.Count(static outcome => outcome.IsOk).ShouldBe(1);
            outcomes.Single(static outcome => !outcome.IsOk).Error!.Code.ShouldBe(MailErrorCode.ExpungeIssued);
            won += outcomes[0].IsOk ? 1 : 0;
        }

        await using var third = await MailstoreNode.StartAsync(_left.Address);
        (await MailboxTests.IndexAsync(third.Mailboxes.Get(_drafts))).Count.ShouldBe(won);
        (await MailboxTests.IndexAsync(third.Mailboxes.Get(_inbox))).Count.ShouldBe(Rounds - won);
    }

    [Fact]
    public async Task Two_processes_take_the_same_messages_into_another_account_and_one_of_them_wins()
    {
        const int Rounds = 10;
        var other = await _left.CreateAccountAsync("other@example.com");
        var (sent, trash) = (await MailstoreNode.IdAsync(other, "Sent"), await MailstoreNode.IdAsync(other, "Trash"));
        await MailboxTests.AppendAsync(_left.Mailboxes.Get(_inbox), Rounds * 2);
        var original = (await MailboxTests.IndexAsync(_left.Mailboxes.Get(_inbox)))[0].Content;
        for (uint uid = 1; uid < Rounds * 2; uid += 2)
        {
            var outcomes = await Task.WhenAll(
                _left.Mailboxes.Get(_inbox).ReplaceAsync(Request(UidSet.Range(uid, uid + 1), sent, original), None),
                _right.Mailboxes.Get(_inbox).ReplaceAsync(Request(UidSet.Range(uid, uid + 1), trash, original), None));
            outcomes.Count(static outcome => outcome.IsOk).ShouldBe(1);
            outcomes.Single(static outcome => outcome.IsOk).Value.Appended.Uids.Count.ShouldBe(2);
            outcomes.Single(static outcome => !outcome.IsOk).Error!.Code.ShouldBe(MailErrorCode.ExpungeIssued);
        }

        await using var third = await MailstoreNode.StartAsync(_left.Address);
        (await MailboxTests.IndexAsync(third.Mailboxes.Get(_inbox))).Count.ShouldBe(0);
        var moved = (await MailboxTests.IndexAsync(third.Mailboxes.Get(sent))).Count + (await MailboxTests.IndexAsync(third.Mailboxes.Get(trash))).Count;
        moved.ShouldBe(Rounds * 2);

        static ReplaceRequest Request(UidSet uids, MailboxId destination, ContentId original) =>
            new(OperationId.New(), uids, destination, [TestMessage.Append() with { EmailId = original }, TestMessage.Append()]);
    }

    [Fact]
    public async Task One_message_that_is_gone_keeps_all_of_them_where_they_are()
    {
        await MailboxTests.AppendAsync(_left.Mailboxes.Get(_inbox), 3);
        await _left.Mailboxes.Get(_inbox).ExpungeAsync(new ExpungeRequest(OperationId.None, UidSet.Of(2), OnlyDeleted: false), None);
        var request = new ReplaceRequest(OperationId.New(), UidSet.Range(1, 3), _drafts, [TestMessage.Append(), TestMessage.Append(), TestMessage.Append()]);
        (await _left.Mailboxes.Get(_inbox).ReplaceAsync(request, None)).Error!.Code.ShouldBe(MailErrorCode.ExpungeIssued);
        await ShouldBeAsync(_inbox, "1,3");
        await ShouldBeAsync(_drafts, "");
    }

    [Fact]
    public async Task Replacements_in_opposite_directions_do_not_wait_for_each_other()
    {
        const int Rounds = 20;
        await MailboxTests.AppendAsync(_left.Mailboxes.Get(_inbox), Rounds);
        await MailboxTests.AppendAsync(_left.Mailboxes.Get(_drafts), Rounds);
        await Task.WhenAll(Work(_left, _inbox, _drafts), Work(_right, _drafts, _inbox)).WaitAsync(TimeSpan.FromSeconds(60));
        await using var third = await MailstoreNode.StartAsync(_left.Address);
        foreach (var id in new[] { _inbox, _drafts })
        {
            var index = await MailboxTests.IndexAsync(third.Mailboxes.Get(id));
            (index.Count, index.UidAt(0)).ShouldBe((Rounds, (uint)Rounds + 1));
        }

        static async Task Work(MailstoreNode node, MailboxId from, MailboxId to)
        {
            for (uint uid = 1; uid <= Rounds; uid++)
                (await node.Mailboxes.Get(from).ReplaceAsync(Request(uid, to), None)).IsOk.ShouldBeTrue();
        }
    }

    private static ReplaceRequest Request(uint uid, MailboxId destination) =>
        new(OperationId.New(), UidSet.Of(uid), destination, [TestMessage.Append()]);

    // As this process has it, and as one reads it that knew nothing before.
    private async Task ShouldBeAsync(MailboxId id, string uids)
    {
        await using var fresh = await MailstoreNode.StartAsync(_left.Address);
        var index = await MailboxTests.IndexAsync(fresh.Mailboxes.Get(id));
        index.Uids().ToString().ShouldBe(uids);
        await Eventually.WaitAsync(
            async () => (await MailboxTests.IndexAsync(_left.Mailboxes.Get(id))).Uids().ToString() == uids, TimeSpan.FromSeconds(10));
    }
}
