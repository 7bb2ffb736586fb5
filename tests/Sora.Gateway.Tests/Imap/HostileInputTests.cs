using System.Text;

namespace Sora.Gateway.Tests.Imap;

/// <summary>What no client should send. The server answers or hangs up, and goes on serving.</summary>
[Collection("imap")]
public sealed class HostileInputTests(ImapFixture fixture)
{
    [Theory]
    [InlineData("a NOOP x", "a BAD …")]
    [InlineData("a", "a BAD …")]
    [InlineData("", "* BAD …")]
    [InlineData("+ NOOP", "* BAD …")]
    [InlineData("a FOO bar", "a BAD Unknown command")]
    [InlineData("a UID FOO", "a BAD Unknown command")]
    [InlineData("a LOGIN \"x\0y\" z", "a BAD …")]
    [InlineData("a LOGIN {70000}", "a BAD …")]
    [InlineData("a LOGIN {99999999999999999999}", "a BAD …")]
    [InlineData("a LOGIN ((((((((((", "a BAD …")]
    [InlineData("a AUTHENTICATE PLAIN !!!!", "a BAD …")]
    [InlineData("a AUTHENTICATE PLAIN AGE=", "a BAD …")]
    [InlineData("a AUTHENTICATE PLAIN =", "a BAD …")]
    [InlineData("a AUTHENTICATE X-NONE", "a NO …")]
    [InlineData("a APPEND INBOX {5}", "a BAD …")]
    [InlineData("a FETCH 1 FLAGS", "a BAD …")]
    public async Task Bad_commands_are_told_and_survived(string command, string answer)
    {
        using var client = await fixture.ConnectAsync();
        await client.PlayAsync($"C: {command}\nS: {answer}\nC: b NOOP\nS: b OK NOOP completed");
    }

    [Fact]
    public async Task Refused_literals_that_come_unasked_are_skipped()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        await client.PlayAsync($$"""
            C: a1 APPEND none (\Seen) {12+}
            C: a2 LOGOUT
            C: 
            S: a1 NO [TRYCREATE] …
            C: a3 APPEND INBOX (\Nonsense) {12+}
            C: a4 LOGOUT
            C: 
            S: a3 BAD …
            C: a5 SEARCH {70000+}
            C: {{new string('x', 69_998)}}
            C:  more
            S: a5 BAD …
            C: a6 APPEND INBOX {262145+}
            C: {{new string('y', 262_143)}}
            C: 
            S: a6 NO [TOOBIG] …
            C: a7 APPEND INBOX {0+}
            C: 
            S: a7 NO …
            C: a8 APPEND INBOX {3+}
            C: abcjunk
            S: a8 BAD …
            C: a9 NOOP
            S: a9 OK NOOP completed
            """);
        (await client.DoAsync("STATUS INBOX (MESSAGES)")).ShouldBe(["* STATUS INBOX (MESSAGES 0)"]);
        await client.PlayAsync("""
            C: b1 APPEND INBOX {99999999+}
            S: b1 NO [TOOBIG] …
            S: * BYE [TOOBIG] …
            S!
            """);
    }

    [Fact]
    public async Task An_endless_line_and_too_many_bad_commands()
    {
        using var client = await fixture.ConnectAsync();
        await client.PlayAsync($"C: a {new string('x', 200_000)}\nS: a BAD …\nC: b NOOP\nS: b OK NOOP completed");
        for (var i = 0; i < 4; i++)
            (await client.RunAsync("NONSENSE"))[^1].ShouldStartWith("BAD");
        await client.PlayAsync("""
            C: a NONSENSE
            S: a BAD …
            S: * BYE Too many bad commands
            S!
            """);
    }

    [Fact]
    public async Task Wrong_passwords_end_the_connection()
    {
        using var client = await fixture.ConnectAsync();
        await client.PlayAsync("""
            C: a LOGIN x y
            S: a NO [AUTHENTICATIONFAILED] …
            C: b LOGIN x y
            S: b NO [AUTHENTICATIONFAILED] …
            C: c LOGIN x y
            S: c NO [AUTHENTICATIONFAILED] …
            S: * BYE …
            S!
            """);
    }

    [Fact]
    public async Task Half_a_command_and_a_closed_socket_leave_nothing_behind()
    {
        var user = await fixture.UserAsync();
        using (var client = await user.LogInAsync("SELECT INBOX"))
            await client.Socket.SendAsync("a APPEND INBOX {100+}\r\nhalf a mess");
        using var other = await user.LogInAsync();
        (await other.DoAsync("STATUS INBOX (MESSAGES)")).ShouldBe(["* STATUS INBOX (MESSAGES 0)"]);
    }

    [Fact]
    public async Task A_client_that_sends_all_and_shuts_down_its_side_gets_all_answers()
    {
        var user = await fixture.UserAsync();
        await user.DeliverToAsync("INBOX", "Subject: x\n\ny\n");
        using var client = await user.LogInAsync();
        await client.Socket.SendAsync("a SELECT INBOX\r\nb UID SEARCH BODY y\r\nc STORE 1 +FLAGS (\\Seen)\r\nd FETCH 1 BODY[TEXT]\r\ne STATUS INBOX (UNSEEN)\r\n");
        client.Socket.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        var lines = new List<string>();
        while (await client.Socket.LineAsync() is { } line)
            lines.Add(line);
        foreach (var expected in new[] { "a OK", "* SEARCH 1", "b OK", "* 1 FETCH (FLAGS (\\Seen", "c OK", "d OK", "* STATUS INBOX (UNSEEN 0)", "e OK" })
            lines.ShouldContain(line => line.StartsWith(expected), expected);
    }

    [Fact]
    public async Task Random_commands_never_end_the_server()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync("Subject: x\n\ny\n");
        string[] words =
        [
            "FETCH", "STORE", "SEARCH", "UID", "1:*", "FLAGS", "(", ")", "BODY[]", "\"x\"", "\\Seen", "+FLAGS", "COPY", "Trash", "LIST", "%", "RETURN", "NOT", "OR",
            "IDLE", "{3+}\r\nabc", "EXPUNGE", "STATUS", "INBOX", "(MESSAGES)", "SELECT", "$", "APPEND", "ENABLE", "CONDSTORE", "NIL", "*",
        ];
        var random = new Random(99);
        for (var round = 0; round < 40; round++)
        {
            using var client = await user.LogInAsync("SELECT INBOX");
            var text = new StringBuilder();
            for (var line = 0; line < 4; line++)
                text.Append('t').Append(line).Append(' ').AppendJoin(' ', Enumerable.Range(0, random.Next(1, 6)).Select(_ => words[random.Next(words.Length)])).Append("\r\n");
            await client.Socket.SendAsync(text.ToString());
            await client.Socket.SendAsync("DONE\r\nz LOGOUT\r\n");
            string? last = null;
            while (await client.Socket.LineAsync() is { } answer)
                last = answer;
            last.ShouldNotBeNull();
        }
    }
}
