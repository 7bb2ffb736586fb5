using Sora.Contracts;
using Sora.Mailstore.Accounts;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Retention;
using Sora.Mailstore.Storage;
using Sora.Mailstore.Tests.Mailboxes;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Retention;

public sealed class RestoreTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly DeletedMessageFilter All = new();

    private MailstoreNode _node = null!;
    private MailstoreNode _admin = null!;
    private IAccount _account = null!;
    private IMailbox _inbox = null!;

    // The administrator's program is another process
    private RetentionAdministration Retention => new(_admin.Database, _admin.Mailboxes, _admin.Accounts, _admin.Quotas);

    public async Task InitializeAsync()
    {
        _node = await MailstoreNode.StartAsync();
        _admin = await MailstoreNode.StartAsync(_node.Address);
        _account = await _node.CreateAccountAsync();
        _inbox = await _node.InboxAsync(_account);
    }

    public async Task DisposeAsync()
    {
        await _admin.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Messages_come_back_under_new_uids_as_they_were_and_once()
    {
        for (var i = 1; i <= 5; i++)
            await PurgeTests.AppendAsync(_inbox, $"Subject: {i}\r\n\r\n", i % 2 == 0 ? FlagSet.Of(SystemFlags.Seen | SystemFlags.Deleted, "$Work", "Later") : FlagSet.Of(SystemFlags.Flagged));
        await PurgeTests.ExpungeAsync(_inbox, 4);
        await PurgeTests.ExpungeAsync(_inbox, 1, 2);
        var before = await MailboxTests.IndexAsync(_inbox);

        var listed = (await Retention.ListMessagesAsync(_account.Id, All, 100, None)).Value;
        listed.Select(static message => message.Uid).ShouldBe([2u, 1u, 4u]);
        listed[0].Flags.System.ShouldBe(SystemFlags.Seen);
        listed[0].Flags.Keywords.ShouldBe(["$Work", "Later"]);
        listed[0].MailboxName.ShouldBe("INBOX");
        listed.ShouldAllBe(static message => !message.IsRestored);
        (await Retention.ListMessagesAsync(_account.Id, All, 2, None)).Value.Count.ShouldBe(2);

        using var watched = new Watch(_node.Mailboxes, before.Id);
        var restored = (await Retention.RestoreMessagesAsync(_account.Id, All, null, ignoreQuota: false, None)).Value;
        restored.Count.ShouldBe(1);
        restored[0].SourceUids.ToString().ShouldBe("1:2,4");
        restored[0].Uids.ToString().ShouldBe("6:8");
        await Eventually.WaitAsync(() => watched.Nudges > 0);
        await Eventually.WaitAsync(async () => (await MailboxTests.IndexAsync(_inbox)).Count == 5);
        var after = await MailboxTests.IndexAsync(_inbox);
        after.UidValidity.ShouldBe(before.UidValidity);
        after.Uids().ToString().ShouldBe("3,5:8");
        after[after.PositionOf(6)].Flags.ShouldBe(FlagMask.Flagged);
        foreach (var uid in new[] { 7u, 8u })
            after.Keywords.FlagsOf(after[after.PositionOf(uid)].Flags).ShouldSatisfyAllConditions(
                static flags => flags.System.ShouldBe(SystemFlags.Seen), static flags => flags.Keywords.ShouldBe(["$Work", "Later"]));
        after[after.PositionOf(6)].InternalDate.ShouldBe(1_700_000_000);

        (await Retention.RestoreMessagesAsync(_account.Id, All, null, ignoreQuota: false, None)).Value.ShouldBeEmpty();
        (await Retention.ListMessagesAsync(_account.Id, All, 100, None)).Value.ShouldAllBe(static message => message.IsRestored);
    }

    [Fact]
    public async Task Several_at_once_restore_each_message_once()
    {
        await MailboxTests.AppendAsync(_inbox, 60);
        (await _inbox.ExpungeAsync(new ExpungeRequest(OperationId.None, UidSet.All, OnlyDeleted: false), None)).IsOk.ShouldBeTrue();
        var nodes = new RetentionAdministration(_node.Database, _node.Mailboxes, _node.Accounts, _node.Quotas);
        var results = await Task.WhenAll(
            Retention.RestoreMessagesAsync(_account.Id, All, null, false, None), nodes.RestoreMessagesAsync(_account.Id, All, null, false, None),
            Retention.RestoreMessagesAsync(_account.Id, All, null, false, None));
        results.Sum(static result => result.Value.Sum(static part => part.Uids.Count)).ShouldBe(60);
        await Eventually.WaitAsync(async () => (await MailboxTests.IndexAsync(_inbox)).Count == 60);
        (await PurgeTests.CountAsync(_node.Database, "messages")).ShouldBe(120);
    }

    [Fact]
    public async Task What_was_moved_is_not_deleted_and_what_was_purged_cannot_come_back()
    {
        await MailboxTests.AppendAsync(_inbox, 3);
        var trash = await MailstoreNode.IdAsync(_account, "Trash");
        (await _inbox.CopyAsync(new CopyRequest(OperationId.New(), UidSet.Of(1), trash, Move: true), None)).IsOk.ShouldBeTrue();
        await PurgeTests.ExpungeAsync(_inbox, 2);
        (await Retention.ListMessagesAsync(_account.Id, All, 100, None)).Value.Select(static message => message.Uid).ShouldBe([2u]);
        await PurgeTests.Purge(_node, TimeSpan.Zero).RunAsync(None);
        (await Retention.ListMessagesAsync(_account.Id, All, 100, None)).Value.ShouldBeEmpty();
        (await Retention.RestoreMessagesAsync(_account.Id, All, null, false, None)).Value.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_purged_while_it_is_restored_is_either_whole_or_gone()
    {
        for (var round = 0; round < 15; round++)
        {
            await MailboxTests.AppendAsync(_inbox, 10);
            (await _inbox.ExpungeAsync(new ExpungeRequest(OperationId.None, UidSet.All, OnlyDeleted: false), None)).IsOk.ShouldBeTrue();
            await Task.WhenAll(Retention.RestoreMessagesAsync(_account.Id, All, null, false, None), PurgeTests.Purge(_node, TimeSpan.Zero, batch: 2).RunAsync(None));
            await PurgeTests.Purge(_node, TimeSpan.Zero).RunAsync(None);
            (await PurgeTests.WithoutContentAsync(_node.Database)).ShouldBe(0);
            (await PurgeTests.CountAsync(_node.Database, "contents c WHERE NOT EXISTS (SELECT FROM messages m WHERE m.content_id = c.id)")).ShouldBe(0);
            (await PurgeTests.CountAsync(_node.Database, "restored_messages")).ShouldBe(0);
        }
    }

    [Fact]
    public async Task Messages_are_chosen_by_id_mailbox_and_time_and_go_where_they_are_sent()
    {
        await MailboxTests.AppendAsync(_inbox, 3);
        var sent = _node.Mailboxes.Get(await MailstoreNode.IdAsync(_account, "Sent"));
        await MailboxTests.AppendAsync(sent, 1);
        await PurgeTests.ExpungeAsync(_inbox, 1, 2, 3);
        await PurgeTests.ExpungeAsync(sent, 1);
        var inbox = await MailstoreNode.IdAsync(_account, "INBOX");
        var drafts = MailboxName.Parse("Drafts").Value;
        (await Retention.ListMessagesAsync(_account.Id, new(Mailbox: MailboxName.Parse("Sent").Value), 9, None)).Value.Count.ShouldBe(1);
        (await Retention.ListMessagesAsync(_account.Id, new(Until: DateTimeOffset.UtcNow.AddHours(-1)), 9, None)).Value.ShouldBeEmpty();
        (await Retention.ListMessagesAsync(_account.Id, new(Since: DateTimeOffset.UtcNow.AddHours(-1)), 9, None)).Value.Count.ShouldBe(4);
        var restored = (await Retention.RestoreMessagesAsync(_account.Id, new([new(inbox, 2), new(inbox, 3)]), drafts, false, None)).Value;
        restored[0].Name.ShouldBe(drafts);
        restored[0].SourceUids.ToString().ShouldBe("2:3");
        restored[0].Uids.ToString().ShouldBe("1:2");
        (await Retention.RestoreMessagesAsync(_account.Id, All, MailboxName.Parse("Nowhere").Value, false, None)).Error!.Code.ShouldBe(MailErrorCode.NonExistent);
    }

    [Fact]
    public async Task The_quota_holds_unless_it_is_ignored()
    {
        await MailboxTests.AppendAsync(_inbox, 3);
        await PurgeTests.ExpungeAsync(_inbox, 1, 2);
        (await _admin.Quotas.SetAsync(_account.Id, new QuotaLimits(null, 2, null), None)).IsOk.ShouldBeTrue();
        (await Retention.RestoreMessagesAsync(_account.Id, All, null, ignoreQuota: false, None)).Error!.Code.ShouldBe(MailErrorCode.OverQuota);
        (await Retention.RestoreMessagesAsync(_account.Id, All, null, ignoreQuota: true, None)).Value[0].Uids.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_deleted_mailbox_is_made_again_with_its_name_use_rights_and_messages()
    {
        var other = await _node.CreateAccountAsync("other@example.com");
        var name = MailboxName.Parse("A/Nested/Sent mail").Value;
        var sent = (await _account.CreateAsync(name, SpecialUse.All, None)).Value;
        var mailbox = _node.Mailboxes.Get(sent.Id);
        await PurgeTests.AppendAsync(mailbox, "Subject: 1\r\n\r\n", FlagSet.Of(SystemFlags.Seen, "$Kept"));
        await PurgeTests.AppendAsync(mailbox, "Subject: 2\r\n\r\n");
        await PurgeTests.ExecuteAsync(
            _node.Database, $"INSERT INTO acl (mailbox_id, grantee_id, domain, rights, negative_rights) VALUES ({sent.Id.Value}, {other.Id.Value}, 'example.com', 3, 0)");
        await PurgeTests.ExpungeAsync(mailbox, 2);
        await PurgeTests.AppendAsync(mailbox, "Subject: 3\r\n\r\n");
        (await _account.DeleteAsync(name, None)).IsOk.ShouldBeTrue();

        var deleted = (await Retention.ListMailboxesAsync(_account.Id, None)).ShouldHaveSingleItem();
        deleted.Name.ShouldBe(name);
        deleted.Messages.ShouldBe(2);
        var restored = (await Retention.RestoreMailboxAsync(_account.Id, null, name, null, false, None)).Value;
        restored.Messages.ShouldBe(2);
        restored.Entry.Id.ShouldNotBe(sent.Id);
        restored.Entry.UidValidity.ShouldNotBe(sent.UidValidity);
        restored.Entry.SpecialUse.ShouldBe(SpecialUse.All);
        await Eventually.WaitAsync(async () => (await _account.ListAsync(None)).Find(name) is not null);
        var index = await MailboxTests.IndexAsync(_node.Mailboxes.Get(restored.Entry.Id));
        index.Count.ShouldBe(2);
        index.Keywords.FlagsOf(index[0].Flags).Keywords.ShouldBe(["$Kept"]);
        (await PurgeTests.CountAsync(_node.Database, $"acl WHERE mailbox_id = {restored.Entry.Id.Value} AND grantee_id = {other.Id.Value} AND rights = 3")).ShouldBe(1);
        (await Retention.ListMailboxesAsync(_account.Id, None)).ShouldBeEmpty();
        (await Retention.RestoreMailboxAsync(_account.Id, deleted.Id, null, null, false, None)).Error!.Code.ShouldBe(MailErrorCode.NonExistent);
    }

    [Fact]
    public async Task A_deleted_mailbox_whose_name_or_use_is_taken_goes_elsewhere_and_is_finished_when_it_was_begun()
    {
        var name = MailboxName.Parse("Old").Value;
        var old = (await _account.CreateAsync(name, SpecialUse.All, None)).Value;
        await MailboxTests.AppendAsync(_node.Mailboxes.Get(old.Id), 3);
        (await _account.DeleteAsync(name, None)).IsOk.ShouldBeTrue();
        (await _account.CreateAsync(name, SpecialUse.All, None)).IsOk.ShouldBeTrue();
        await Eventually.WaitAsync(async () => (await _admin.Accounts.Get(_account.Id).ListAsync(None)).Find(name) is not null);
        (await Retention.RestoreMailboxAsync(_account.Id, null, name, null, false, None)).Error!.Code.ShouldBe(MailErrorCode.AlreadyExists);
        (await _admin.Quotas.SetAsync(_account.Id, new QuotaLimits(null, 1, null), None)).IsOk.ShouldBeTrue();
        var to = MailboxName.Parse("Old again").Value;
        (await Retention.RestoreMailboxAsync(_account.Id, null, name, to, false, None)).Error!.Code.ShouldBe(MailErrorCode.OverQuota);
        (await Retention.ListMailboxesAsync(_account.Id, None)).ShouldHaveSingleItem().RestoredTo.ShouldNotBeNull();
        var restored = (await Retention.RestoreMailboxAsync(_account.Id, null, name, null, ignoreQuota: true, None)).Value;
        restored.Entry.Name.ShouldBe(to);
        restored.Entry.SpecialUse.ShouldBe(SpecialUse.None);
        restored.Messages.ShouldBe(3);
    }

    private sealed class Watch : IMailboxSubscriber, IDisposable
    {
        private readonly IDisposable _subscription;
        private int _nudges;

        public Watch(IMailboxes mailboxes, MailboxId id) => _subscription = mailboxes.Subscribe(id, this);

        public int Nudges => Volatile.Read(ref _nudges);

        public void Changed(MailboxId mailbox, ModSeq modSeq) => Interlocked.Increment(ref _nudges);

        public void Dispose() => _subscription.Dispose();
    }
}
