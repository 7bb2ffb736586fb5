using System.Net.Sockets;
using Sora.Gateway.Pop3;
using Sora.Mailstore.Mailboxes;
using Sora.Testing;

namespace Sora.Gateway.Tests.Pop3;

/// <summary>QUIT when something is in its way (RFC 1939 section 6): all is removed or nothing, and +OK is said of what is removed.</summary>
[Collection("pop3")]
public sealed class UpdateTests(Pop3Fixture pop3)
{
    private const string Message = "Subject: x\r\n\r\nbody\r\n";

    [Fact]
    public async Task A_commit_that_fails_is_no_ok()
    {
        var user = await pop3.UserAsync(Message, Message, Message);
        var inbox = (await pop3.IndexAsync(user)).Id;
        await using var node = await MailstoreNode.StartAsync(pop3.Node.Address, new MailboxOptions { WriteTimeout = TimeSpan.FromSeconds(1) });
        await using var gateway = await pop3.StartAsync(new Pop3Options(), node: node);
        using (var client = await pop3.LogInAsync(user, gateway))
        {
            await client.PlayAsync("C: DELE 1\nS: +OK *\nC: DELE 3\nS: +OK *");
            await RunAsync($"""
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
                CREATE TRIGGER refuse BEFORE INSERT ON mailbox_log FOR EACH ROW WHEN (NEW.mailbox_id = {inbox.Value}) EXECUTE FUNCTION refuse();
                """);
            try
            {
                await client.PlayAsync("C: QUIT\nS: -ERR [SYS/TEMP] no message was removed: *\nS!");
            }
            finally
            {
                await RunAsync("DROP FUNCTION refuse CASCADE");
            }
        }

        using var next = await pop3.LogInEventuallyAsync(user);
        await next.PlayAsync("C: STAT\nS: +OK 3 60\nC: DELE 2\nS: +OK *\nC: QUIT\nS: +OK *\nS!");
        (await pop3.IndexAsync(user)).Uids().ToString().ShouldBe("1,3");
    }

    [Fact]
    public async Task A_client_that_is_gone_before_the_answer_has_removed_all_or_nothing()
    {
        var user = await pop3.UserAsync([.. Enumerable.Repeat(Message, 10)]);
        using (var client = await pop3.LogInAsync(user))
        {
            await client.SendAsync(string.Concat(Enumerable.Range(1, 10).Select(static number => $"DELE {number}\r\n")) + "QUIT\r\n");
            client.Socket.LingerState = new LingerOption(true, 0);
        }

        using var next = await pop3.LogInEventuallyAsync(user);
        await next.SendAsync("STAT\r\n");
        (await next.LineAsync()).ShouldBeOneOf("+OK 10 200", "+OK 0 0");
    }

    private async Task RunAsync(string sql)
    {
        await using var command = pop3.Node.Database.Write.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
