using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Retention;
using Sora.Mailstore.Storage;
using Sora.Mailstore.Tests.Mailboxes;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Retention;

public sealed class PurgeTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Expunged_messages_go_when_they_are_old_enough_with_all_that_hangs_on_them()
    {
        await using var node = await MailstoreNode.StartAsync();
        var account = await node.CreateAccountAsync();
        var inbox = await node.InboxAsync(account);
        for (var i = 1; i <= 3; i++)
            await AppendAsync(inbox, $"Subject: {i}\r\n\r\nbare\nline {i}\r\n");
        await ExecuteAsync(
            node.Database,
            "INSERT INTO line_ends SELECT id, account_id, 1 FROM contents; INSERT INTO content_text (content_id, text) SELECT id, '' FROM contents; "
            + "INSERT INTO email_ids SELECT id, account_id, 7 FROM contents; INSERT INTO bodies (account_id, hash, state) SELECT account_id, hash, 1 FROM contents");
        await ExpungeAsync(inbox, 2);

        (await Purge(node, TimeSpan.FromDays(1)).RunAsync(None)).ShouldBe(default);
        (await Purge(node, TimeSpan.Zero).RunAsync(None)).ShouldBe(new Purged(1, 1));
        (await Purge(node, TimeSpan.Zero).RunAsync(None)).ShouldBe(default);

        foreach (var table in new[] { "messages", "contents", "search_queue", "content_text", "line_ends", "email_ids", "staged_bodies" })
            (await CountAsync(node.Database, table)).ShouldBe(2, table);
        (await CountAsync(node.Database, "bodies WHERE dead_since IS NOT NULL")).ShouldBe(1);
        (await CountAsync(node.Database, "bodies WHERE dead_since IS NULL")).ShouldBe(2);

        // QRESYNC still knows, and the record may be trimmed now
        (await inbox.ExpungedSinceAsync(new ModSeq(1), None)).Value!.Value.ToString().ShouldBe("2");
        await ((Mailbox)inbox).WriteSnapshotAsync(1, None);
        await AppendAsync(inbox, "Subject: 4\r\n\r\n");
        await ((Mailbox)inbox).WriteSnapshotAsync(1, None);
        (await new MaintenanceStore(node.Database).TrimLogAsync(TimeSpan.Zero, 100, None)).ShouldBe(4);
    }

    [Fact]
    public async Task A_content_that_another_message_has_stays_and_goes_with_the_last_of_them()
    {
        await using var node = await MailstoreNode.StartAsync();
        var account = await node.CreateAccountAsync();
        var inbox = await node.InboxAsync(account);
        var trash = node.Mailboxes.Get(await MailstoreNode.IdAsync(account, "Trash"));
        await AppendAsync(inbox, "Subject: kept\r\n\r\n");
        await AppendAsync(inbox, "Subject: moved\r\n\r\n");
        (await inbox.CopyAsync(new CopyRequest(OperationId.New(), UidSet.Of(1), await MailstoreNode.IdAsync(account, "Trash"), Move: false), None)).IsOk.ShouldBeTrue();
        (await inbox.CopyAsync(new CopyRequest(OperationId.New(), UidSet.Of(2), await MailstoreNode.IdAsync(account, "Trash"), Move: true), None)).IsOk.ShouldBeTrue();
        await ExpungeAsync(inbox, 1);
        (await Purge(node, TimeSpan.Zero).RunAsync(None)).ShouldBe(new Purged(2, 0));
        (await CountAsync(node.Database, "contents")).ShouldBe(2);
        (await MailboxTests.IndexAsync(trash)).Count.ShouldBe(2);
        await ExpungeAsync(trash, 1, 2);
        (await Purge(node, TimeSpan.Zero).RunAsync(None)).ShouldBe(new Purged(2, 2));
        (await CountAsync(node.Database, "contents")).ShouldBe(0);
    }

    [Fact]
    public async Task A_body_that_another_content_has_is_not_dead()
    {
        await using var node = await MailstoreNode.StartAsync();
        var inbox = await node.InboxAsync(await node.CreateAccountAsync());
        await AppendAsync(inbox, "Subject: same\r\n\r\n");
        await AppendAsync(inbox, "Subject: same\r\n\r\n");
        await ExecuteAsync(node.Database, "INSERT INTO bodies (account_id, hash, state) SELECT DISTINCT account_id, hash, 1 FROM contents");
        await ExpungeAsync(inbox, 1);
        (await Purge(node, TimeSpan.Zero).RunAsync(None)).ShouldBe(new Purged(1, 1));
        (await CountAsync(node.Database, "bodies WHERE dead_since IS NULL")).ShouldBe(1);
        (await CountAsync(node.Database, "staged_bodies")).ShouldBe(2);
        await ExpungeAsync(inbox, 2);
        await Purge(node, TimeSpan.Zero).RunAsync(None);
        (await CountAsync(node.Database, "bodies WHERE dead_since IS NOT NULL")).ShouldBe(1);
        (await CountAsync(node.Database, "staged_bodies")).ShouldBe(0);
    }

    [Fact]
    public async Task A_record_of_many_expunges_is_purged_in_batches()
    {
        await using var node = await MailstoreNode.StartAsync();
        var inbox = await node.InboxAsync(await node.CreateAccountAsync());
        await MailboxTests.AppendAsync(inbox, 25);
        (await inbox.ExpungeAsync(new ExpungeRequest(OperationId.None, UidSet.All, OnlyDeleted: false), None)).IsOk.ShouldBeTrue();
        var purge = Purge(node, TimeSpan.Zero, batch: 10);
        var (first, next) = await purge.PurgeBatchAsync(PurgeCursor.Start, None);
        first.Messages.ShouldBe(10);
        next.ShouldBe(PurgeCursor.Start);
        (await CountAsync(node.Database, "mailbox_log WHERE purged")).ShouldBe(0);
        (await purge.RunAsync(None)).Messages.ShouldBe(15);
        (await CountAsync(node.Database, "mailbox_log WHERE purged")).ShouldBe(1);
        (await CountAsync(node.Database, "messages")).ShouldBe(0);
    }

    [Fact]
    public async Task A_copy_of_what_was_purged_meanwhile_copies_what_is_left()
    {
        await using var node = await MailstoreNode.StartAsync();
        var account = await node.CreateAccountAsync();
        var inbox = await node.InboxAsync(account);
        var trash = (Mailbox)node.Mailboxes.Get(await MailstoreNode.IdAsync(account, "Trash"));
        await AppendAsync(inbox, "Subject: 1\r\n\r\n");
        await AppendAsync(inbox, "Subject: 2\r\n\r\n");
        var stale = await MailboxTests.IndexAsync(inbox);
        await ExpungeAsync(inbox, 1);
        await Purge(node, TimeSpan.Zero).RunAsync(None);
        var copied = await CopyAsync(trash, stale);
        copied.Value.SourceUids.ToString().ShouldBe("2");
        (await CopyAsync(trash, stale, UidSet.Of(1))).Value.DestinationUids.IsEmpty.ShouldBeTrue();
        (await WithoutContentAsync(node.Database)).ShouldBe(0);
    }

    // Copies of messages are made from a state of their mailbox that is as old as it can be, while they are purged on another node: each copy either has its content or is not made.
    [Fact]
    public async Task Copies_that_race_with_the_purge_never_have_no_content()
    {
        const int Rounds = 40;
        await using var left = await MailstoreNode.StartAsync();
        await using var right = await MailstoreNode.StartAsync(left.Address);
        var account = await left.CreateAccountAsync();
        var inbox = await left.InboxAsync(account);
        var targets = new[] { "Trash", "Sent", "Drafts" };
        var (made, refused) = (0L, 0L);
        for (var round = 0; round < Rounds; round++)
        {
            var appended = await MailboxTests.AppendAsync(inbox, 12);
            var stale = await MailboxTests.IndexAsync(inbox);
            (await inbox.ExpungeAsync(new ExpungeRequest(OperationId.None, UidSet.All, OnlyDeleted: false), None)).IsOk.ShouldBeTrue();
            var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var copies = new List<Task<MailResult<CopyResult>>>();
            foreach (var name in targets)
            {
                var target = (Mailbox)right.Mailboxes.Get(await MailstoreNode.IdAsync(account, name));
                foreach (var uid in appended.Value.Uids)
                    copies.Add(AfterAsync(start.Task, () => CopyAsync(target, stale, UidSet.Of(uid))));
            }

            // Two at once, as when a node takes over from one that is not quite dead
            var purges = Enumerable.Range(0, 2).Select(_ => AfterAsync(start.Task, () => Purge(left, TimeSpan.Zero, batch: 3).RunAsync(None))).ToArray();
            start.SetResult();
            await Task.WhenAll(purges);
            foreach (var result in await Task.WhenAll(copies))
            {
                if (result.Value.DestinationUids.IsEmpty)
                    refused++;
                else
                    made++;
            }

            await Purge(left, TimeSpan.Zero).RunAsync(None);
            (await WithoutContentAsync(left.Database)).ShouldBe(0);
            (await CountAsync(left.Database, "contents c WHERE NOT EXISTS (SELECT FROM messages m WHERE m.content_id = c.id)")).ShouldBe(0);
        }

        (made + refused).ShouldBe(Rounds * 12 * targets.Length);
        (await CountAsync(left.Database, "messages")).ShouldBe(made);
    }

    private static async Task<T> AfterAsync<T>(Task start, Func<Task<T>> work)
    {
        await start;
        return await work();
    }

    internal static MessagePurge Purge(MailstoreNode node, TimeSpan age, int batch = 1000)
    {
        var options = new RetentionOptions { DeletedMessages = age, Batch = batch, BatchPause = TimeSpan.Zero };
        return new MessagePurge(node.Database, options, new BatchPace(options, TimeProvider.System), NullLogger.Instance);
    }

    private static Task<MailResult<CopyResult>> CopyAsync(Mailbox target, MailboxIndex stale, UidSet? uids = null)
    {
        var operation = OperationId.New();
        return target.SubmitAsync(
            new AppendCopiesWrite(stale, new CopyRequest(operation, uids ?? UidSet.All, target.Id, Move: false), operation) { Deadline = target.Deadline() }, None);
    }

    internal static async Task AppendAsync(IMailbox mailbox, string text, FlagSet? flags = null) =>
        (await mailbox.AppendAsync(new AppendRequest(OperationId.None, [TestMessage.Append(text, flags)]), None)).IsOk.ShouldBeTrue();

    internal static async Task ExpungeAsync(IMailbox mailbox, params uint[] uids) =>
        (await mailbox.ExpungeAsync(new ExpungeRequest(OperationId.None, UidSet.Of(uids), OnlyDeleted: false), None)).Value.Expunged.Count.ShouldBe(uids.Length);

    internal static Task<long> WithoutContentAsync(Database database) =>
        CountAsync(database, "messages m WHERE NOT EXISTS (SELECT FROM contents c WHERE c.id = m.content_id)");

    internal static async Task<long> CountAsync(Database database, string from)
    {
        await using var command = database.Write.CreateCommand($"SELECT count(*) FROM {from}");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    internal static async Task ExecuteAsync(Database database, string sql)
    {
        await using var command = database.Write.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
