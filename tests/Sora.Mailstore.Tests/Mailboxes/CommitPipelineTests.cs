using Npgsql;
using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Mailboxes;

/// <summary>When the lanes to the database begin, seen from the database: while its log is locked, each statement that has begun waits there.</summary>
public sealed class CommitPipelineTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(300);

    [Fact]
    public async Task A_lane_waits_until_as_much_is_ready_as_is_on_its_way()
    {
        await using var node = await MailstoreNode.StartAsync(options: new MailboxOptions { CommitLanes = 3 });
        var mailboxes = await MailboxesAsync(node, 4);
        await using var connection = await node.Database.Write.OpenConnectionAsync();
        var transaction = await LockAsync(connection);

        // Nothing is on its way; then one is, and one is ready
        var appends = new List<Task<MailResult<AppendResult>>> { AppendAsync(mailboxes[0]) };
        await Eventually.WaitAsync(async () => await CountStatementsAsync(node) == 1);
        appends.Add(AppendAsync(mailboxes[1]));
        await Eventually.WaitAsync(async () => await CountStatementsAsync(node) == 2);

        // One is less than the two that are on their way, though a lane is free
        appends.Add(AppendAsync(mailboxes[2]));
        await Task.Delay(Moment);
        (await CountStatementsAsync(node)).ShouldBe(2);
        appends.Add(AppendAsync(mailboxes[3]));
        await Eventually.WaitAsync(async () => await CountStatementsAsync(node) == 3);

        await transaction.RollbackAsync();
        foreach (var result in await Task.WhenAll(appends))
            result.IsOk.ShouldBeTrue();
    }

    [Fact]
    public async Task Records_wait_for_others_to_go_in_one_statement()
    {
        await using var node = await MailstoreNode.StartAsync(options: new MailboxOptions { CommitLanes = 3 }, commitWait: TimeSpan.FromSeconds(3));
        var mailboxes = await MailboxesAsync(node, 3);
        await using var connection = await node.Database.Write.OpenConnectionAsync();
        var transaction = await LockAsync(connection);

        var appends = new List<Task<MailResult<AppendResult>>>();
        foreach (var mailbox in mailboxes)
        {
            appends.Add(AppendAsync(mailbox));
            await Task.Delay(Moment);
            (await CountStatementsAsync(node)).ShouldBe(0);
        }

        await Eventually.WaitAsync(async () => await CountStatementsAsync(node) > 0);
        await Task.Delay(Moment);
        (await CountStatementsAsync(node)).ShouldBe(1);
        await transaction.RollbackAsync();
        foreach (var result in await Task.WhenAll(appends))
            result.IsOk.ShouldBeTrue();
    }

    [Fact]
    public async Task Those_that_came_before_it_was_busy_go_without_another_one_that_comes()
    {
        await using var node = await MailstoreNode.StartAsync(options: new MailboxOptions { CommitLanes = 1 }, commitWait: TimeSpan.FromMilliseconds(90));
        var mailboxes = await MailboxesAsync(node, 6);
        await Task.Delay(Moment * 3); // what made them is forgotten
        await using var connection = await node.Database.Write.OpenConnectionAsync();
        var transaction = await LockAsync(connection);

        // The second would not wait, for few have come; the third and more make it wait, while the only lane has the first
        var appends = new List<Task<MailResult<AppendResult>>> { AppendAsync(mailboxes[0]) };
        await Eventually.WaitAsync(async () => await CountStatementsAsync(node) == 1);
        appends.AddRange(mailboxes.Skip(1).Select(AppendAsync));
        await Task.Delay(TimeSpan.FromMilliseconds(10));
        await transaction.RollbackAsync();
        foreach (var result in await Task.WhenAll(appends).WaitAsync(TimeSpan.FromMinutes(1)))
            result.IsOk.ShouldBeTrue();
    }

    private static async Task<IMailbox[]> MailboxesAsync(MailstoreNode node, int count)
    {
        var mailboxes = new IMailbox[count];
        for (var i = 0; i < mailboxes.Length; i++)
        {
            mailboxes[i] = await node.InboxAsync(await node.CreateAccountAsync($"user{i}@example.com"));
            await MailboxTests.IndexAsync(mailboxes[i]); // read before the log is locked
        }

        return mailboxes;
    }

    private static async Task<NpgsqlTransaction> LockAsync(NpgsqlConnection connection)
    {
        var transaction = await connection.BeginTransactionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "LOCK TABLE mailbox_log IN SHARE MODE";
        await command.ExecuteNonQueryAsync();
        return transaction;
    }

    private static Task<MailResult<AppendResult>> AppendAsync(IMailbox mailbox) =>
        mailbox.AppendAsync(new AppendRequest(default, [TestMessage.Append()]), CancellationToken.None);

    private static async Task<long> CountStatementsAsync(MailstoreNode node)
    {
        await using var command = node.Database.Write.CreateCommand("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'mailbox_log'::regclass");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
