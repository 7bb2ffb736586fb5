using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;
using Sora.Mailstore.Tests.Mailboxes;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Maintenance;

public sealed class LogTrimTests
{
    [Fact]
    public async Task Old_records_go_when_a_snapshot_covers_them_and_expunges_stay()
    {
        await using var node = await MailstoreNode.StartAsync();
        var account = await node.CreateAccountAsync();
        var inbox = await node.InboxAsync(account);
        for (var i = 0; i < 5; i++)
            await MailboxTests.AppendAsync(inbox, 1);
        await inbox.ExpungeAsync(new ExpungeRequest(OperationId.None, UidSet.Of(2), OnlyDeleted: false), CancellationToken.None);
        for (var i = 0; i < 5; i++)
            await MailboxTests.AppendAsync(inbox, 1);
        await ((Mailbox)inbox).WriteSnapshotAsync(1, CancellationToken.None);
        await MailboxTests.AppendAsync(inbox, 1);

        var store = new MaintenanceStore(node.Database);
        (await store.TrimLogAsync(TimeSpan.FromDays(1), 3, CancellationToken.None)).ShouldBe(0);
        (await store.TrimLogAsync(TimeSpan.Zero, 3, CancellationToken.None)).ShouldBe(9);

        await using (var command = node.Database.Write.CreateCommand("SELECT array_agg(modseq ORDER BY modseq) FROM mailbox_log"))
            ((long[])(await command.ExecuteScalarAsync())!).ShouldBe([6, 11, 12]);
        var index = await MailboxTests.IndexAsync(inbox);
        await using var other = await MailstoreNode.StartAsync(node.Address);
        var elsewhere = other.Mailboxes.Get(index.Id);
        MailboxTests.ShouldBeSame(await MailboxTests.IndexAsync(elsewhere), index);
        (await elsewhere.ExpungedSinceAsync(new ModSeq(5), CancellationToken.None)).Value!.Value.ToString().ShouldBe("2");
        (await elsewhere.ExpungedSinceAsync(new ModSeq(2), CancellationToken.None)).Value.ShouldBeNull();
    }
}
