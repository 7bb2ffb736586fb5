using Sora.Contracts;
using Sora.Gateway.Pop3;
using Sora.Testing;

namespace Sora.Gateway.Tests.Pop3;

/// <summary>One session at a time has a maildrop, over all processes on a database.</summary>
[Collection("pop3")]
public sealed class LockTests(Pop3Fixture pop3)
{
    private const string Message = "Subject: x\r\n\r\nbody\r\n";

    [Fact]
    public async Task Another_process_is_told_that_it_is_in_use()
    {
        var user = await pop3.UserAsync(Message);
        await using var node = await MailstoreNode.StartAsync(pop3.Node.Address);
        await using var gateway = await pop3.StartAsync(new Pop3Options(), node: node);
        using var here = await pop3.LogInAsync(user);
        using var there = await pop3.ConnectAsync(gateway);
        await there.PlayAsync($"C: AUTH PLAIN {Pop3Fixture.Plain(user)}\nS: -ERR [IN-USE] *");
        await here.PlayAsync("C: QUIT\nS: +OK *\nS!");
        await there.PlayAsync($"C: AUTH PLAIN {Pop3Fixture.Plain(user)}\nS: +OK *");
        using var again = await pop3.ConnectAsync();
        await again.PlayAsync($"C: AUTH PLAIN {Pop3Fixture.Plain(user)}\nS: -ERR [IN-USE] *");
    }

    [Fact]
    public async Task Of_many_logins_at_once_one_gets_it()
    {
        var user = await pop3.UserAsync(Message);
        await using var node = await MailstoreNode.StartAsync(pop3.Node.Address);
        await using var gateway = await pop3.StartAsync(new Pop3Options(), node: node);
        var tried = await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
        {
            var client = await pop3.ConnectAsync(i % 2 == 0 ? null : gateway);
            await client.SendAsync($"AUTH PLAIN {Pop3Fixture.Plain(user)}\r\n");
            return (Client: client, Answer: (await client.LineAsync()).ShouldNotBeNull());
        }));

        // Whoever has it keeps it until all have been answered: a client that goes would leave it to the next
        foreach (var (client, _) in tried)
            client.Dispose();
        var answers = tried.Select(static one => one.Answer).ToList();
        answers.Count(static answer => answer.StartsWith("+OK maildrop", StringComparison.Ordinal)).ShouldBe(1);
        answers.Count(static answer => answer.StartsWith("-ERR [IN-USE]", StringComparison.Ordinal)).ShouldBe(11);
    }

    [Fact]
    public async Task A_process_that_is_gone_has_no_maildrop()
    {
        var user = await pop3.UserAsync(Message);
        var account = (await pop3.Node.Accounts.FindAsync(user, CancellationToken.None))!.Account;
        var dead = await MailstoreNode.StartAsync(pop3.Node.Address);
        (await dead.Maildrops.LockAsync(account, TimeSpan.Zero, CancellationToken.None)).IsOk.ShouldBeTrue();
        (await pop3.Node.Maildrops.LockAsync(account, TimeSpan.Zero, CancellationToken.None)).Error!.Code.ShouldBe(MailErrorCode.InUse);

        // The row stays; the connection that says that the process lives does not
        await dead.DisposeAsync();
        using var client = await pop3.LogInEventuallyAsync(user);
        await client.PlayAsync("C: STAT\nS: +OK 1 20");
    }

    [Fact]
    public async Task Who_has_lost_the_maildrop_deletes_nothing()
    {
        var user = await pop3.UserAsync(Message);
        using var client = await pop3.LogInAsync(user);
        await client.PlayAsync("C: DELE 1\nS: +OK *");

        // As if this process had been cut off from the database for longer than the lease, and another one had served a session
        await RunAsync("UPDATE maildrops SET token = gen_random_uuid() WHERE token IS NOT NULL AND account_id IN (SELECT account_id FROM credentials WHERE address = $1)", user);
        await client.PlayAsync("C: QUIT\nS: -ERR [SYS/TEMP] no message was removed: *\nS!");
        (await pop3.IndexAsync(user)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_database_that_has_crashed_takes_no_maildrop_away()
    {
        var user = await pop3.UserAsync(Message);
        using var client = await pop3.LogInAsync(user);
        await client.PlayAsync("C: DELE 1\nS: +OK *");
        await RunAsync("DELETE FROM maildrops WHERE account_id IN (SELECT account_id FROM credentials WHERE address = $1)", user);
        await client.PlayAsync("C: QUIT\nS: +OK *\nS!");
        (await pop3.IndexAsync(user)).Count.ShouldBe(0);
    }

    [Fact]
    public async Task A_lease_that_was_not_renewed_ends()
    {
        var user = await pop3.UserAsync(Message);
        using var first = await pop3.LogInAsync(user);
        await RunAsync("UPDATE maildrops SET expires_at = now() - interval '1 second' WHERE account_id IN (SELECT account_id FROM credentials WHERE address = $1)", user);
        using var second = await pop3.LogInAsync(user);
        await first.PlayAsync("C: DELE 1\nS: +OK *\nC: QUIT\nS: -ERR [SYS/TEMP] *\nS!");
        await second.PlayAsync("C: DELE 1\nS: +OK *\nC: QUIT\nS: +OK *\nS!");
    }

    private async Task RunAsync(string sql, string user)
    {
        await using var command = pop3.Node.Database.Write.CreateCommand(sql);
        command.Parameters.Add(new Npgsql.NpgsqlParameter<string> { TypedValue = user });
        (await command.ExecuteNonQueryAsync()).ShouldBe(1);
    }
}
