using Sora.Contracts;
using Sora.Mailstore.Accounts;
using Sora.Mailstore.Storage;
using Sora.Mailstore.Tests.Mailboxes;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Accounts;

public sealed class QuotaTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private MailstoreNode _node = null!;
    private IAccount _account = null!;
    private IMailbox _inbox = null!;

    public async Task InitializeAsync()
    {
        _node = await MailstoreNode.StartAsync();
        _account = await _node.CreateAccountAsync();
        _inbox = await _node.InboxAsync(_account);
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task Of_many_appends_at_once_as_many_succeed_as_there_is_room_for()
    {
        await LimitAsync(messages: 10);
        var archive = _node.Mailboxes.Get(await MailstoreNode.IdAsync(_account, "Archive"));
        var results = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => AppendAsync(i % 2 == 0 ? _inbox : archive)));
        results.Count(static result => result.IsOk).ShouldBe(10);
        results.ShouldAllBe(static result => result.IsOk || result.Error!.Code == MailErrorCode.OverQuota);
        (await _node.Quotas.ReadAsync(_account.Id, None)).Value.Usage.Messages.ShouldBe(10);
    }

    [Fact]
    public async Task All_messages_of_a_request_fit_or_none_is_added()
    {
        await LimitAsync(messages: 2);
        var three = new AppendRequest(OperationId.New(), [TestMessage.Append("a"), TestMessage.Append("b"), TestMessage.Append("c")]);
        (await _inbox.AppendAsync(three, None)).Error!.Code.ShouldBe(MailErrorCode.OverQuota);
        (await AppendAsync(_inbox)).IsOk.ShouldBeTrue();
    }

    [Fact]
    public async Task Storage_is_counted_in_bytes_and_comes_back_with_expunge()
    {
        await LimitAsync(storage: 100);
        (await AppendAsync(_inbox, new string('x', 60))).IsOk.ShouldBeTrue();
        (await AppendAsync(_inbox, new string('y', 41))).Error!.Code.ShouldBe(MailErrorCode.OverQuota);
        (await AppendAsync(_inbox, new string('z', 40))).IsOk.ShouldBeTrue();
        await _inbox.ExpungeAsync(new ExpungeRequest(OperationId.New(), UidSet.Of(1), OnlyDeleted: false), None);
        (await AppendAsync(_inbox, new string('y', 41))).IsOk.ShouldBeTrue();
        (await _node.Quotas.ReadAsync(_account.Id, None)).Value.Usage.ShouldBe(new QuotaUsage(81, 2, 6));
    }

    [Fact]
    public async Task A_copy_counts_again_and_a_move_does_not()
    {
        await LimitAsync(messages: 3);
        await AppendAsync(_inbox);
        await AppendAsync(_inbox);
        var archive = await MailstoreNode.IdAsync(_account, "Archive");
        (await CopyAsync(UidSet.All, archive, move: false)).Error!.Code.ShouldBe(MailErrorCode.OverQuota);
        (await CopyAsync(UidSet.All, archive, move: true)).IsOk.ShouldBeTrue();
        (await _node.Quotas.ReadAsync(_account.Id, None)).Value.Usage.Messages.ShouldBe(2);
    }

    [Fact]
    public async Task A_delivery_that_is_repeated_over_quota_is_acknowledged_again()
    {
        await LimitAsync(messages: 1);
        var request = new AppendRequest(OperationId.New(), [TestMessage.Append()]);
        (await _inbox.AppendAsync(request, None)).IsOk.ShouldBeTrue();
        var again = await _inbox.AppendAsync(request, None);
        again.IsOk.ShouldBeTrue(again.Error?.Text);
        again.Value.Repeated.ShouldBeTrue();
        (await AppendAsync(_inbox)).Error!.Code.ShouldBe(MailErrorCode.OverQuota);
    }

    [Fact]
    public async Task Another_process_enforces_the_limit_and_sees_what_was_expunged_here()
    {
        await using var other = await MailstoreNode.StartAsync(_node.Address);
        var there = other.Mailboxes.Get(await MailstoreNode.IdAsync(_account, "INBOX"));
        (await AppendAsync(there)).IsOk.ShouldBeTrue();
        await LimitAsync(messages: 1);
        await Eventually.WaitAsync(async () => !(await other.Quotas.CheckAsync(_account.Id, 0, 1, None) is null));
        (await AppendAsync(there)).Error!.Code.ShouldBe(MailErrorCode.OverQuota);
        await _inbox.ExpungeAsync(new ExpungeRequest(OperationId.New(), UidSet.All, OnlyDeleted: false), None);
        (await AppendAsync(there)).IsOk.ShouldBeTrue();
    }

    [Fact]
    public async Task Mailboxes_are_counted_with_the_levels_above_them()
    {
        await LimitAsync(mailboxes: 8);
        (await CreateAsync("a/b/c")).Error!.Code.ShouldBe(MailErrorCode.OverQuota);
        (await CreateAsync("a/b")).IsOk.ShouldBeTrue();
        (await CreateAsync("c")).Error!.Code.ShouldBe(MailErrorCode.OverQuota);
        (await _account.RenameAsync(Name("a/b"), Name("x/y"), None)).Error!.Code.ShouldBe(MailErrorCode.OverQuota);
        (await _account.RenameAsync(Name("a/b"), Name("b"), None)).IsOk.ShouldBeTrue();
    }

    [Fact]
    public async Task A_deleted_mailbox_gives_back_what_it_held()
    {
        await LimitAsync(messages: 1);
        (await AppendAsync(_node.Mailboxes.Get(await MailstoreNode.IdAsync(_account, "Archive")))).IsOk.ShouldBeTrue();
        (await AppendAsync(_inbox)).Error!.Code.ShouldBe(MailErrorCode.OverQuota);
        (await _account.DeleteAsync(Name("Archive"), None)).IsOk.ShouldBeTrue();
        (await AppendAsync(_inbox)).IsOk.ShouldBeTrue();
    }

    [Fact]
    public async Task The_account_decides_before_the_domain_and_the_domain_before_the_server()
    {
        await using var node = await MailstoreNode.StartAsync(quota: new QuotaOptions { Messages = 3, Mailboxes = 50 });
        var account = await node.CreateAccountAsync();
        (await node.Quotas.ReadAsync(account.Id, None)).Value.Limits.ShouldBe(new QuotaLimits(null, 3, 50));
        await node.Quotas.SetDomainAsync("example.com", new StoredQuota(1000, 2, null), None);
        (await node.Quotas.ReadAsync(account.Id, None)).Value.Limits.ShouldBe(new QuotaLimits(1000, 2, 50));
        await node.Quotas.SetAsync(account.Id, new StoredQuota(null, StoredQuota.Unlimited, 7), None);
        (await node.Quotas.ReadAsync(account.Id, None)).Value.Limits.ShouldBe(new QuotaLimits(1000, null, 7));
    }

    private Task<MailResult<AccountQuota>> LimitAsync(long? storage = null, long? messages = null, long? mailboxes = null) =>
        _node.Quotas.SetAsync(_account.Id, new QuotaLimits(storage, messages, mailboxes), None);

    private Task<MailResult<MailboxEntry>> CreateAsync(string name) => _account.CreateAsync(Name(name), SpecialUse.None, None);

    private Task<MailResult<CopyResult>> CopyAsync(UidSet uids, MailboxId to, bool move) =>
        _inbox.CopyAsync(new CopyRequest(OperationId.New(), uids, to, move), None);

    private static Task<MailResult<AppendResult>> AppendAsync(IMailbox mailbox, string text = "x") =>
        mailbox.AppendAsync(new AppendRequest(OperationId.New(), [TestMessage.Append(text)]), None);

    private static MailboxName Name(string name) => MailboxName.Parse(name).Value;
}
