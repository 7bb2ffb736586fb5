using System.Globalization;
using Sora.Configuration;
using Sora.Gateway.Pop3;
using Sora.Gateway.Tests.Connections;
using Sora.Gateway.Tests.Imap;
using Sora.Testing;

namespace Sora.Gateway.Tests.Pop3;

/// <summary>Messages that are read before the client asks for them.</summary>
[Collection("pop3")]
public sealed class MessagesAheadTests(Pop3Fixture pop3)
{
    private readonly BreakableStore _store = new(pop3.Bodies.Messages); // its own, which no other test asks

    [Fact]
    public async Task Who_retrieves_one_after_the_other_finds_the_next_ones_open()
    {
        var (client, gateway) = await LogInAsync(new Pop3Options { RetrieveAhead = 2 }, 5);
        await using var started = gateway;
        using var connected = client;
        await RetrieveAsync(client, 1);
        await Eventually.WaitAsync(() => _store.Opened.Count == 3);

        // What is open already needs the store no more; what is not does
        _store.BrokenForNow = true;
        _store.BrokenSize = Message(1).Length;
        await RetrieveAsync(client, 2);
        await RetrieveAsync(client, 3);
        await client.PlayAsync("C: RETR 4\nS: -ERR [SYS/TEMP] *");
        _store.BrokenSize = null;
        await RetrieveAsync(client, 4);
        await RetrieveAsync(client, 5);
        await client.PlayAsync("C: QUIT\nS: +OK *\nS!");
    }

    [Fact]
    public async Task Messages_of_every_window_come_whole_in_any_order()
    {
        var (client, gateway) = await LogInAsync(new Pop3Options { RetrieveAhead = 3 }, 60);
        await using var started = gateway;
        using var connected = client;
        for (var number = 1; number <= 40; number++)
            await RetrieveAsync(client, number);
        foreach (var number in new[] { 60, 1, 2, 3, 16, 17, 18, 33, 32, 31, 45, 46, 47, 48, 49, 50, 51 })
            await RetrieveAsync(client, number);
        await client.PlayAsync("C: DELE 53\nS: +OK *\nC: DELE 54\nS: +OK *");
        foreach (var number in new[] { 52, 55, 56, 57 })
            await RetrieveAsync(client, number);
        await client.SendAsync(string.Concat(Enumerable.Range(1, 50).Select(static number => $"RETR {number}\r\n")));
        for (var number = 1; number <= 50; number++)
            await ReadAsync(client, number);
    }

    [Fact]
    public async Task Nothing_is_opened_ahead_for_who_picks_and_nothing_large()
    {
        var (client, gateway) = await LogInAsync(new Pop3Options { RetrieveAheadSize = ByteSize.KiB(1) }, 6, new string('x', 2000) + "\r\n");
        await using var started = gateway;
        using var connected = client;
        foreach (var number in new[] { 3, 5, 1, 2, 3 })
            await RetrieveAsync(client, number, 2002);
        _store.Opened.Count.ShouldBe(5);
    }

    [Fact]
    public async Task A_session_that_ends_waits_for_nothing_that_was_begun_ahead()
    {
        var (client, gateway) = await LogInAsync(new Pop3Options { RetrieveAhead = 1 }, 4);
        await using var started = gateway;
        using var connected = client;
        await RetrieveAsync(client, 1);
        await Eventually.WaitAsync(() => _store.Opened.Count == 2);
        _store.Gate = new TaskCompletionSource().Task; // the store does not answer any more
        await RetrieveAsync(client, 2);
        await Eventually.WaitAsync(() => _store.Opened.Count == 3);
        await client.PlayAsync("C: QUIT\nS: +OK *\nS!");
        await Eventually.WaitAsync(() => gateway.Listeners.OpenConnections == 0);
    }

    private static string Message(int number) =>
        string.Create(CultureInfo.InvariantCulture, $"Subject: message {number:00}\r\n\r\n.{number:00}\r\n");

    private static async Task RetrieveAsync(TestClient client, int number, int more = 0)
    {
        await client.SendAsync($"RETR {number}\r\n");
        await ReadAsync(client, number, more);
    }

    private static async Task ReadAsync(TestClient client, int number, int more = 0)
    {
        (await client.LineAsync()).ShouldBe($"+OK {Message(number).Length + more} octets");
        var lines = await ReadLinesAsync(client, isBegun: true);
        lines[0].ShouldBe($"Subject: message {number:00}");
        lines[2].ShouldBe($"..{number:00}");
    }

    private static async Task<List<string>> ReadLinesAsync(TestClient client, bool isBegun = false)
    {
        if (!isBegun)
            (await client.LineAsync()).ShouldNotBeNull().ShouldStartWith("+OK");
        var lines = new List<string>();
        for (string? line; (line = await client.LineAsync()) is not ".";)
            lines.Add(line.ShouldNotBeNull());
        return lines;
    }

    private async Task<(TestClient Client, TestGateway Gateway)> LogInAsync(Pop3Options options, int messages, string more = "")
    {
        var user = await pop3.UserAsync([.. Enumerable.Range(1, messages).Select(number => Message(number) + more)]);
        var gateway = await pop3.StartAsync(options, messages: _store);
        return (await pop3.LogInAsync(user, gateway), gateway);
    }
}
