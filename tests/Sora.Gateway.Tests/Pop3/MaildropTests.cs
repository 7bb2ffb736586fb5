using System.Globalization;
using System.Text;
using Sora.Contracts;
using Sora.Gateway.Pop3;
using Sora.Gateway.Tests.Connections;
using Sora.Testing;

namespace Sora.Gateway.Tests.Pop3;

/// <summary>What a session sees of INBOX, and what it does to it.</summary>
[Collection("pop3")]
public sealed class MaildropTests(Pop3Fixture pop3)
{
    private const string Message = "Subject: x\r\n\r\nbody\r\n";

    [Fact]
    public async Task What_arrives_during_a_session_is_not_seen_and_what_others_expunge_is_no_error()
    {
        var user = await pop3.UserAsync(Message, Message, Message);
        using var client = await pop3.LogInAsync(user);
        await pop3.AppendAsync(user, Message);
        await ExpungeAsync(user, 2);
        await client.PlayAsync("""
            C: STAT
            S: +OK 3 60
            C: DELE 1
            S: +OK *
            C: DELE 2
            S: +OK *
            C: RETR 4
            S: -ERR no such message, only 3 messages in maildrop
            C: QUIT
            S: +OK *
            S!
            """);
        (await pop3.IndexAsync(user)).Uids().ToString().ShouldBe("3:4");
    }

    [Fact]
    public async Task Dele_is_carried_out_by_quit_in_one_commit()
    {
        var user = await pop3.UserAsync([.. Enumerable.Repeat(Message, 20)]);
        var before = (await pop3.IndexAsync(user)).HighestModSeq;
        using var client = await pop3.LogInAsync(user);
        for (var i = 1; i <= 19; i += 2)
            await client.PlayAsync($"C: DELE {i}\nS: +OK *");
        (await pop3.IndexAsync(user)).Count.ShouldBe(20);
        await client.PlayAsync("C: QUIT\nS: +OK *\nS!");
        var after = await pop3.IndexAsync(user);
        after.Count.ShouldBe(10);
        after.HighestModSeq.Value.ShouldBe(before.Value + 1);
    }

    [Fact]
    public async Task A_connection_that_breaks_deletes_nothing_and_frees_the_maildrop()
    {
        var user = await pop3.UserAsync(Message);
        using (var client = await pop3.LogInAsync(user))
        {
            await client.PlayAsync("C: DELE 1\nS: +OK *");
            client.Socket.LingerState = new System.Net.Sockets.LingerOption(true, 0);
        }

        using var next = await pop3.LogInEventuallyAsync(user);
        await next.PlayAsync("C: STAT\nS: +OK 1 20");
    }

    [Fact]
    public async Task Retrieved_messages_are_marked_as_read_when_the_session_ends()
    {
        var user = await pop3.UserAsync(Message, Message, Message);
        using (var client = await pop3.LogInAsync(user))
        {
            await Pop3Fixture.LinesAsync(client, "RETR 1");
            await Pop3Fixture.LinesAsync(client, "RETR 3");
            await Pop3Fixture.LinesAsync(client, "TOP 2 1");
            await client.PlayAsync("C: DELE 3\nS: +OK *");
            (await pop3.IndexAsync(user)).Totals.Unseen.ShouldBe(3);
            await client.PlayAsync("C: QUIT\nS: +OK *\nS!");
        }

        var index = await pop3.IndexAsync(user);
        index.Count.ShouldBe(2);
        (index[0].Flags & FlagMask.Seen).ShouldNotBe(0ul);
        index.Totals.Unseen.ShouldBe(1);

        await using var gateway = await pop3.StartAsync(new Pop3Options { MarkSeen = false });
        using var other = await pop3.LogInAsync(user, gateway);
        await Pop3Fixture.LinesAsync(other, "RETR 2");
        await other.PlayAsync("C: QUIT\nS: +OK *\nS!");
        (await pop3.IndexAsync(user)).Totals.Unseen.ShouldBe(1);
    }

    [Theory]
    [InlineData("Subject: x\r\n\r\nbody")]
    [InlineData("Subject: x\n\nbody\n.\n..dots\n")]
    [InlineData("Subject: x\n\nbody\r\nand\rmore\n\r")]
    [InlineData("Subject: x\r\n\r\n.\r\n.\r\n\r\n")]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("x")]
    [InlineData(".")]
    public async Task Sizes_are_the_octets_that_are_sent(string message)
    {
        var user = await pop3.UserAsync(Message, message);
        using var client = await pop3.LogInAsync(user);
        await client.SendAsync("LIST 2\r\n");
        var size = long.Parse((await client.LineAsync())!.Split(' ')[2], CultureInfo.InvariantCulture);
        var lines = await Pop3Fixture.LinesAsync(client, "RETR 2");
        lines.Sum(static line => line.Length + 2).ShouldBe((int)size);
        string.Join("\n", lines).ShouldBe(message.Replace("\r\n", "\n", StringComparison.Ordinal) is var expected && expected.EndsWith('\n') ? expected[..^1] : expected);
        await client.PlayAsync($"C: STAT\nS: +OK 2 {20 + size}\nC: DELE 2\nS: +OK *\nC: STAT\nS: +OK 1 20");
    }

    [Fact]
    public async Task A_large_message_comes_whole_with_every_dot()
    {
        var random = new Random(5);
        var message = new StringBuilder("Subject: large\r\n\r\n");
        while (message.Length < 3_000_000)
            message.Append('.', random.Next(0, 4)).Append((char)random.Next(' ', '~'), random.Next(0, 200)).Append("\r\n");
        var user = await pop3.UserAsync(message.ToString());
        using var client = await pop3.LogInAsync(user);
        var lines = await Pop3Fixture.LinesAsync(client, "RETR 1");
        (string.Join("\r\n", lines) + "\r\n" == message.ToString()).ShouldBeTrue();
        (await Pop3Fixture.LinesAsync(client, "TOP 1 1000")).Count.ShouldBe(1002);
    }

    [Fact]
    public async Task A_reader_that_stops_is_cut_off_alone()
    {
        var user = await pop3.UserAsync("Subject: x\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('x', 98) + "\r\n", 200_000)));
        var other = await pop3.UserAsync(Message);
        var time = new ManualTime();
        await using var gateway = await pop3.StartAsync(new Pop3Options(), time);
        using var slow = await pop3.LogInAsync(user, gateway);
        await slow.SendAsync("RETR 1\r\n");
        (await slow.LineAsync()).ShouldBe("+OK 20000014 octets");
        using (var quick = await pop3.LogInAsync(other, gateway))
            await quick.PlayAsync("C: RETR 1\nS: +OK 20 octets\nS: Subject: x\nS:\nS: body\nS: .\nC: QUIT\nS: +OK *\nS!");

        // The write timeout is a clock's; the socket's buffers are full when it stops being armed anew
        await Eventually.WaitAsync(() =>
        {
            time.Advance(TimeSpan.FromMinutes(3));
            gateway.Listeners.Deadlines.Tick();
            return gateway.Listeners.OpenConnections == 0;
        });
        (await pop3.IndexAsync(user)).Totals.Unseen.ShouldBe(1, "it was not retrieved");
    }

    [Fact]
    public async Task A_message_that_cannot_be_read_is_an_error_and_never_a_part_of_one()
    {
        const string Broken = "Subject: broken\r\n\r\nthis is the one that cannot be read\r\n";
        var user = await pop3.UserAsync(Broken, Message);
        using var client = await pop3.LogInAsync(user);
        pop3.Messages.BrokenSize = Broken.Length;
        try
        {
            await client.PlayAsync("C: RETR 1\nS: -ERR [SYS/PERM] The message cannot be read");
            pop3.Messages.BrokenForNow = true;
            await client.PlayAsync("C: TOP 1 1\nS: -ERR [SYS/TEMP] The message cannot be read\nC: STAT\nS: +OK 2 *");
        }
        finally
        {
            (pop3.Messages.BrokenSize, pop3.Messages.BrokenForNow) = (null, false);
        }

        (await Pop3Fixture.LinesAsync(client, "RETR 1")).Count.ShouldBe(3);
    }

    [Fact]
    public async Task The_unique_id_format_is_an_option()
    {
        await using var gateway = await pop3.StartAsync(new Pop3Options { UidlFormat = "%v.%u" });
        var user = await pop3.UserAsync(Message);
        using var client = await pop3.LogInAsync(user, gateway);
        await client.PlayAsync($"C: UIDL 1\nS: +OK 1 {(await pop3.IndexAsync(user)).UidValidity.Value}.1");
    }

    private async Task ExpungeAsync(string user, uint uid) =>
        (await (await pop3.InboxAsync(user)).ExpungeAsync(new ExpungeRequest(OperationId.New(), UidSet.Of(uid), OnlyDeleted: false), CancellationToken.None))
            .IsOk.ShouldBeTrue();
}
