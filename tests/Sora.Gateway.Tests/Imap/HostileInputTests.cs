using System.Text;
using Sora.Gateway.Connections;
using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.Imap;

/// <summary>What no client sends: names with NUL, SASL responses without end, half of everything.</summary>
[Collection("imap")]
public sealed class HostileInputTests(ImapFixture fixture)
{
    [Fact]
    public async Task A_response_of_SASL_may_not_be_longer_than_a_line()
    {
        var user = await fixture.UserAsync();
        var long64 = new string('A', 70_000);
        using var client = await fixture.ConnectAsync();
        await client.PlayAsync($"""
            C: a AUTHENTICATE PLAIN {long64}
            S: a BAD …
            C: b AUTHENTICATE PLAIN
            S: + 
            C: {long64}
            S: b BAD …
            C: c AUTHENTICATE PLAIN {new string('A', 1000)}
            S: c …
            C: d LOGIN {user.Address} secret
            S: d OK …
            """);
    }

    [Fact]
    public async Task A_response_of_SASL_that_never_ends_is_not_kept()
    {
        using var client = await fixture.ConnectAsync();
        await client.PlayAsync("C: a AUTHENTICATE PLAIN\nS: + ");
        var piece = new string('A', 64 * 1024);
        for (var i = 0; i < 64; i++)
            await client.Socket.SendAsync(piece);
        await client.PlayAsync("C:\nS: a BAD …\nC: b NOOP\nS: b OK …");
    }

    [Theory]
    [InlineData("LOGIN \"a\0b\" secret")]
    [InlineData("LOGIN {3+}\r\na\0b secret")]
    [InlineData("LOGIN a {3+}\r\na\0b")]
    [InlineData("LOGIN a\0b secret")]
    [InlineData("ID (\"name\" \"a\0b\")")]
    [InlineData("NO\0OP")]
    public async Task NUL_is_in_no_name_before_login(string command)
    {
        using var client = await fixture.ConnectAsync();
        await client.Socket.SendAsync($"a {command}\r\nb NOOP\r\n");
        (await client.Socket.LineAsync()).ShouldNotBeNull().ShouldMatch("^(a|\\*) (BAD|NO)");
        await client.PlayAsync("S: b OK …");
    }

    [Theory]
    [InlineData("CREATE \"a\0b\"")]
    [InlineData("CREATE {3+}\r\na\0b")]
    [InlineData("SELECT {7+}\r\nINBOX\0x")]
    [InlineData("RENAME INBOX {3+}\r\na\0b")]
    [InlineData("SUBSCRIBE {1+}\r\n\0")]
    [InlineData("STATUS \"INBOX\0\" (MESSAGES)")]
    [InlineData("LIST \"\" \"a\0*\"")]
    [InlineData("SEARCH SUBJECT \"a\0b\"")]
    public async Task NUL_is_in_no_name_after_login(string command)
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.Socket.SendAsync($"a {command}\r\nb NOOP\r\n");
        (await client.Socket.LineAsync()).ShouldNotBeNull().ShouldMatch("^(a|\\*) (BAD|NO)");
        await client.PlayAsync("S: b OK …");
        (await client.DoAsync("LIST \"\" *")).ShouldAllBe(static line => !line.Contains('\0'));
    }

    [Fact]
    public async Task A_PLAIN_message_with_NUL_in_the_wrong_places_logs_nobody_in()
    {
        var user = await fixture.UserAsync();
        using var client = await fixture.ConnectAsync();
        foreach (var message in new[] { $"\0{user.Address}\0secret\0", $"{user.Address}\0secret", $"\0{user.Address}\0sec\0ret", "\0\0secret", "\0\0", "" })
        {
            var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes(message));
            (await client.RunAsync($"AUTHENTICATE PLAIN {(encoded.Length == 0 ? "=" : encoded)}"))[^1].ShouldMatch("^(NO|BAD) ");
        }

        await client.DoAsync("NOOP");
    }

    [Fact]
    public async Task Half_a_command_is_waited_for_only_so_long()
    {
        var time = new ManualTime();
        await using var gateway = await fixture.StartAsync(time, connections: new ConnectionOptions { WriteTimeout = TimeSpan.FromDays(1) }); // the clock leaps
        foreach (var half in new[] { "a", "a LOGIN ", "a LOGIN {100000}\r\n", "a LOGIN {10}\r\nabc", "a LOGIN {10+}\r\nabc", "a APPEND INBOX {100+}\r\nabc", "\r", "{" })
        {
            using var client = await fixture.ConnectAsync(gateway);
            await client.Socket.SendAsync(half);
            await gateway.OutlastAsync(time, half);
            (await client.Socket.LastLineAsync()).ShouldNotBeNull(half).ShouldStartWith("* BYE ", Case.Sensitive, half);
        }
    }
}
