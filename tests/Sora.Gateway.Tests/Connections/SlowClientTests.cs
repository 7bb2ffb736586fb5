using System.Net.Sockets;
using System.Text;
using Sora.Configuration;
using Sora.Gateway.Connections;
using Sora.Gateway.Lmtp;

namespace Sora.Gateway.Tests.Connections;

/// <summary>Clients that send an octet a minute, or take their mail so, are ended in each phase in bounded time; slow ones that go on are not.</summary>
public sealed class SlowClientTests(ProtocolSites sites) : IClassFixture<ProtocolSites>
{
    private const int Patience = 7; // minutes

    [Theory]
    [InlineData("imap", false, "", "", "a login ", "* BYE ")] // whichever time is over first
    [InlineData("imap", true, "", "", "a search ", "* BYE You are sending too slowly")]
    [InlineData("imap", true, "a CREATE {1000+}\r\n", "", "mailboxname", "* BYE You are sending too slowly")]
    [InlineData("imap", true, "a APPEND INBOX {1000}\r\n", "+ ", "Subject: x", "* BYE You are sending too slowly")]
    [InlineData("imap", true, "a APPEND INBOX {10+}\r\n0123456789 {1000+}\r\n", "", "Subject: x", "* BYE You are sending too slowly")]
    [InlineData("imap", true, "a IDLE\r\n", "+ ", "DONE and more", "* BYE You are sending too slowly")]
    [InlineData("imap", true, "a SELECT INBOX\r\nb IDLE\r\n", "+ ", "DONE and more", "* BYE You are sending too slowly")]
    [InlineData("pop3", false, "", "", "USER somebody", null)] // RFC 1939 section 3
    [InlineData("pop3", true, "", "", "LIST 1234567890", "-ERR [SYS/TEMP] You are sending too slowly")]
    [InlineData("lmtp", true, "", "", "MAIL FROM:<a@b.c>", "421 4.4.2 You are sending too slowly")]
    [InlineData("lmtp", true, "MAIL FROM:<>\r\nRCPT TO:<ada@example.org>\r\nDATA\r\n", "354 ", "Subject: x", "421 4.4.2 You are sending too slowly")]
    [InlineData("lmtp", true, "MAIL FROM:<>\r\nRCPT TO:<ada@example.org>\r\nBDAT 1000\r\n", "250 2.1.5", "Subject: x", "421 4.4.2 You are sending too slowly")]
    [InlineData("lmtp", true, "MAIL FROM:<>\r\nBDAT 1000\r\n", "250 2.1.0", "Subject: x", "421 4.4.2 You are sending too slowly")]
    [InlineData("managesieve", true, "", "", "LISTSCRIPTS ", "BYE (TRYLATER) \"You are sending too slowly\"")]
    [InlineData("managesieve", true, "PUTSCRIPT \"x\" {1000+}\r\n", "", "keep; keep;", "BYE (TRYLATER) \"You are sending too slowly\"")]
    public async Task An_octet_a_minute(string protocol, bool isLoggedIn, string before, string until, string trickle, string? reply)
    {
        var time = new ManualTime();
        await using var site = await sites.StartAsync(protocol, time: time);
        using var client = isLoggedIn ? await site.ReadyAsync() : await site.ConnectAsync();
        if (before.Length > 0)
            await client.SendAsync(before);
        if (until.Length > 0)
            await ProtocolSite.ReadUntilAsync(client, until);
        await ShouldEndAsync(site, client, time, trickle);
        if (reply is not null)
            await ProtocolSite.ReadUntilAsync(client, reply);
        await client.PlayAsync("S!");
    }

    [Fact]
    public async Task An_octet_a_minute_of_a_compressed_stream()
    {
        var time = new ManualTime();
        await using var site = await sites.StartAsync("imap", time: time);
        using var client = await site.ReadyAsync();
        await client.PlayAsync("C: a COMPRESS DEFLATE\nS: a OK DEFLATE begins");
        client.StartDeflate();
        await ShouldEndAsync(site, client, time, "a search all");
        await client.PlayAsync("S: * BYE You are sending too slowly\nS!");
    }

    [Fact]
    public async Task News_of_the_mailbox_do_not_make_an_idle_clients_line_any_faster()
    {
        var time = new ManualTime();
        await using var site = await sites.StartAsync("imap", time: time);
        using var writer = await site.ReadyAsync();
        using var client = await site.ReadyAsync();
        await client.SendAsync("a SELECT INBOX\r\nb IDLE\r\n");
        await ProtocolSite.ReadUntilAsync(client, "+ ");
        var before = Received(site);
        await client.SendAsync("D");
        await Wait.UntilAsync(() => Received(site) > before, "the octet");
        const string bye = "* BYE You are sending too slowly";
        string? line = null;
        for (var minute = 0; minute < Patience && line != bye; minute++)
        {
            await writer.SendAsync("x APPEND INBOX {5+}\r\na: b\n\r\n");
            await ProtocolSite.ReadUntilAsync(writer, "x OK");
            var exists = $"* {minute + 1} EXISTS";
            do
                line = (await client.LineAsync()).ShouldNotBeNull("before " + exists);
            while (line != exists && line != bye);
            time.Advance(TimeSpan.FromMinutes(1));
            site.Gateway.Listeners.Deadlines.Tick();
        }

        if (line != bye)
            await ProtocolSite.ReadUntilAsync(client, bye);
    }

    [Theory]
    [InlineData("pop3", "RETR 1\r\n", "+OK")]
    [InlineData("imap", "a SELECT INBOX\r\nb FETCH 1 BODY[]\r\n", "* 1 FETCH")]
    public async Task Mail_that_is_read_an_octet_at_a_time_is_cut_off(string protocol, string command, string answer)
    {
        var time = new ManualTime();
        await using var site = await StartAsync(protocol, time, 16);
        using var client = await ReadAsync(site, protocol, command, answer);
        var octet = new byte[1];
        for (var minute = 0; minute < Patience && site.Refusals["write_timeout"] == 0; minute++)
        {
            time.Advance(TimeSpan.FromMinutes(1));
            site.Gateway.Listeners.Deadlines.Tick();
            await client.ReceiveAsync(octet);
            await Task.Yield();
        }

        await EndedAsync(site, time, "write_timeout");
        site.Log.Lines.ShouldContain(static line => line.Contains("cut off: it is too slow", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Mail_that_is_sent_at_2_KB_a_second_is_taken()
    {
        var time = new ManualTime();
        await using var site = await sites.StartAsync("lmtp", static options => ((LmtpOptions)options).MaxMessageSize = ByteSize.MiB(2), time: time);
        using var client = await site.ReadyAsync();
        await client.SendAsync("MAIL FROM:<>\r\nRCPT TO:<ada@example.org>\r\nDATA\r\n");
        await ProtocolSite.ReadUntilAsync(client, "354 ");
        var line = new string('x', 62) + "\r\n";
        var part = string.Concat(Enumerable.Repeat(line, 32 * 30)); // half a minute's worth
        var before = site.Gateway.Listeners.Connections.Single().Traffic.Received;
        for (var i = 1; i <= 18; i++)
        {
            await client.SendAsync(part);
            await Wait.UntilAsync(() => site.Gateway.Listeners.Connections.Single().Traffic.Received == before + (i * part.Length), "the octets");
            time.Advance(TimeSpan.FromSeconds(30));
            site.Gateway.Listeners.Deadlines.Tick();
        }

        await client.PlayAsync("C: .\nS: 250 *");
        site.Refusals["too_slow"].ShouldBe(0);
    }

    // A site with a user that has one message of this many MiB
    private async Task<ProtocolSite> StartAsync(string protocol, ManualTime time, int size)
    {
        var site = await sites.StartAsync(protocol, time: time);
        await sites.AppendAsync(protocol, site.User, "Subject: large\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('x', 1022) + "\r\n", 1024 * size)));
        return site;
    }

    // A client with small buffers that has asked for the message
    private static async Task<Socket> ReadAsync(ProtocolSite site, string protocol, string command, string answer)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = 16 * 1024 };
        await socket.ConnectAsync(site.Gateway.Listeners.Endpoints[0].Bound);
        var plain = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{site.User}\0secret"));
        await socket.SendAsync(Encoding.ASCII.GetBytes((protocol == "imap" ? $"l LOGIN {site.User} secret\r\n" : $"AUTH PLAIN {plain}\r\n") + command));
        var text = "";
        var octet = new byte[1];
        while (!text.Contains("\n" + answer, StringComparison.Ordinal) || (protocol == "pop3" && text.Split('\n').Length < 3))
        {
            (await socket.ReceiveAsync(octet).WaitAsync(Wait.Deadline)).ShouldBe(1, text);
            text += (char)octet[0];
        }

        return socket;
    }

    private static async Task ShouldEndAsync(ProtocolSite site, TestClient client, ManualTime time, string trickle)
    {
        for (var minute = 0; minute < Patience && Ended(site) == 0; minute++)
        {
            var before = Received(site);
            await client.SendAsync(trickle[minute].ToString());
            await Wait.UntilAsync(() => Received(site) != before || Ended(site) > 0, "the octet");
            time.Advance(TimeSpan.FromMinutes(1));
            site.Gateway.Listeners.Deadlines.Tick();
        }

        // The server may have begun to wait a moment after the clock was moved
        await Wait.UntilAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(20));
                site.Gateway.Listeners.Deadlines.Tick();
                return Ended(site) > 0;
            },
            "the end");
    }

    private static long Received(ProtocolSite site) => site.Gateway.Listeners.Connections.Sum(static one => one.Traffic.Received);

    private static long Ended(ProtocolSite site) => site.Refusals["too_slow"] + site.Refusals["login_timeout"] + site.Refusals["idle_timeout"];

    private static Task EndedAsync(ProtocolSite site, ManualTime time, string reason) => Wait.UntilAsync(
        () =>
        {
            time.Advance(TimeSpan.FromMinutes(1));
            site.Gateway.Listeners.Deadlines.Tick();
            return site.Refusals[reason] == 1;
        },
        reason);
}
