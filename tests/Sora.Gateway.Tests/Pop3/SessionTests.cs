using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Pop3;
using Sora.Gateway.Tests.Connections;
using Sora.Testing;

namespace Sora.Gateway.Tests.Pop3;

/// <summary>States, limits, errors and ends of sessions.</summary>
[Collection("pop3")]
public sealed class SessionTests(Pop3Fixture pop3)
{
    private const string Message = "Subject: x\r\n\r\nbody\r\n";

    [Fact]
    public async Task Commands_come_in_their_states_with_their_arguments()
    {
        var user = await pop3.UserAsync(Message);
        using var client = await pop3.ConnectAsync();
        await client.PlayAsync($"""
            C: STAT
            S: -ERR Log in first
            C: RETR 1
            S: -ERR Log in first
            C: PASS secret
            S: -ERR USER comes first
            C: USER
            S: -ERR An argument is missing
            C: USER {user}
            S: +OK *
            C: CAPA2
            S: -ERR Unknown command
            C: PASS secret
            S: -ERR USER comes first
            C: user {user}
            S: +OK *
            C: PASS secret
            S: +OK *
            C: USER {user}
            S: -ERR Not after login
            C: STAT 1
            S: -ERR Too many arguments
            C: NOOP x
            S: -ERR Too many arguments
            C: RETR
            S: -ERR An argument is missing
            C: RETR x
            S: -ERR The argument is not a number
            C: RETR -1
            S: -ERR The argument is not a number
            C: RETR 0
            S: -ERR no such message*
            C: RETR 99999999999999999999
            S: -ERR no such message*
            C: RETR 1 2
            S: -ERR Too many arguments
            C: TOP 1
            S: -ERR An argument is missing
            C: RETR  1
            S: -ERR An argument is missing
            C: LIST 001
            S: +OK 1 20
            C: stat
            S: +OK 1 20
            C: NOOP{" "}
            S: +OK
            C: QUIT now
            S: -ERR Too many arguments
            C: QUIT
            S: +OK *
            S!
            """);
    }

    [Fact]
    public async Task A_password_may_have_spaces()
    {
        const string Address = "spaces@example.com";
        await pop3.Node.CreateAccountAsync(Address, " two  words ");
        using var client = await pop3.ConnectAsync();
        await client.PlayAsync($"C: USER {Address}\nS: +OK *\nC: PASS  two  words \nS: +OK maildrop has *");
    }

    [Fact]
    public async Task Empty_passwords_and_names_with_nul_or_broken_utf8_are_refused()
    {
        var user = await pop3.UserAsync();
        using var client = await pop3.ConnectAsync();
        await client.SendAsync($"USER {user}\r\nPASS \r\nUSER {user}\0\r\nUSER \u00FF\u00FE\r\nUSER {user}\r\nPASS sec\0ret\r\n");
        await client.PlayAsync("""
            S: +OK *
            S: -ERR [AUTH] *
            S: -ERR The argument is not UTF-8
            S: -ERR The argument is not UTF-8
            S: +OK *
            S: -ERR The argument is not UTF-8
            C: STAT
            S: -ERR Log in first
            """);
    }

    [Fact]
    public async Task Wrong_passwords_end_the_session_in_the_end()
    {
        var user = await pop3.UserAsync();
        using var client = await pop3.ConnectAsync();
        await client.PlayAsync($"""
            C: USER {user}
            S: +OK *
            C: PASS 1
            S: -ERR [AUTH] *
            C: USER nobody@example.com
            S: +OK *
            C: PASS 2
            S: -ERR [AUTH] *
            C: AUTH PLAIN {Pop3Fixture.Plain(user, "3")}
            S: -ERR [AUTH] Too many failed logins
            S!
            """);
    }

    [Fact]
    public async Task Too_many_bad_commands_end_the_session()
    {
        using var client = await pop3.ConnectAsync();
        for (var i = 0; i < 10; i++)
            await client.PlayAsync("C: HELO\nS: -ERR Unknown command");
        await client.PlayAsync("S: -ERR Too many bad commands\nS!");
    }

    [Fact]
    public async Task Lines_have_a_limit()
    {
        var user = await pop3.UserAsync(Message);
        using var client = await pop3.LogInAsync(user);
        await client.PlayAsync($"""
            C: NOOP {new string('x', 2000)}
            S: -ERR The line is too long
            C: STAT
            S: +OK 1 20
            """);
        await client.SendAsync(new string('x', 80_000));
        await client.PlayAsync("S: -ERR The line is too long\nS!");
    }

    [Fact]
    public async Task A_sasl_response_has_a_limit_too()
    {
        using var client = await pop3.ConnectAsync();
        await client.PlayAsync($"""
            C: AUTH PLAIN
            S: + *
            C: {new string('A', 20_000)}
            S: -ERR The line is too long
            C: AUTH PLAIN {new string('A', 8_000)}
            S: -ERR Response is not a PLAIN message
            """);
    }

    [Fact]
    public async Task Pipelined_commands_are_answered_in_order()
    {
        var user = await pop3.UserAsync(Message, "Subject: y\r\n\r\n.\r\n..\r\n");
        using var client = await pop3.ConnectAsync();
        await client.PlayAsync($"""
            C: USER {user}
            C: PASS secret
            C: STAT
            C: RETR 2
            C: DELE 1
            C: LIST
            C: NOOP
            C: QUIT
            S: +OK *
            S: +OK *
            S: +OK 2 41
            S: +OK 21 octets
            S: Subject: y
            S:
            S: ..
            S: ...
            S: .
            S: +OK message 1 deleted
            S: +OK 1 messages (21 octets)
            S: 2 21
            S: .
            S: +OK
            S: +OK *
            S!
            """);
        (await pop3.IndexAsync(user)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Silence_ends_the_session_without_a_word_and_nothing_is_deleted()
    {
        var time = new ManualTime();
        await using var gateway = await pop3.StartAsync(new Pop3Options(), time);
        var user = await pop3.UserAsync(Message);
        using var client = await pop3.LogInAsync(user, gateway);
        await client.PlayAsync("C: DELE 1\nS: +OK *");
        Advance(TimeSpan.FromMinutes(9.5));
        await client.PlayAsync("C: NOOP\nS: +OK");
        Advance(TimeSpan.FromMinutes(9.5));
        await client.PlayAsync("C: NOOP\nS: +OK");
        Advance(TimeSpan.FromMinutes(11));
        await client.PlayAsync("S!");
        (await pop3.IndexAsync(user)).Count.ShouldBe(1);
        using var next = await pop3.LogInEventuallyAsync(user);

        void Advance(TimeSpan by)
        {
            time.Advance(by);
            gateway.Listeners.Deadlines.Tick();
        }
    }

    [Fact]
    public async Task Who_does_not_log_in_has_to_go()
    {
        var time = new ManualTime();
        await using var gateway = await pop3.StartAsync(new Pop3Options(), time);
        using var client = await pop3.ConnectAsync(gateway);
        time.Advance(TimeSpan.FromMinutes(2));
        await client.PlayAsync("C: CAPA2\nS: -ERR Unknown command");
        time.Advance(TimeSpan.FromMinutes(2));
        gateway.Listeners.Deadlines.Tick();
        await client.PlayAsync("S!");
    }

    [Fact]
    public async Task A_server_that_stops_says_so_and_deletes_nothing()
    {
        var user = await pop3.UserAsync(Message);
        await using var gateway = await pop3.StartAsync(new Pop3Options());
        using var client = await pop3.LogInAsync(user, gateway);
        await client.PlayAsync("C: DELE 1\nS: +OK *");
        var drained = gateway.Listeners.Drain.BeginAsync(Wait.Deadline, CancellationToken.None);
        await client.PlayAsync("S: -ERR [SYS/TEMP] Server is going down\nS!");
        (await drained).ShouldBe(0);
        (await pop3.IndexAsync(user)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Too_many_connections_are_refused_with_an_answer()
    {
        await using var gateway = await pop3.StartAsync(new Pop3Options { MaxConnectionsPerIp = 1 });
        using var first = await pop3.ConnectAsync(gateway);
        using var second = await gateway.ConnectAsync();
        await second.PlayAsync("S: -ERR [SYS/TEMP] *\nS!");
    }

    [Fact]
    public async Task An_account_that_is_deleted_ends_its_sessions()
    {
        var user = await pop3.UserAsync(Message);
        using var client = await pop3.LogInAsync(user);
        (await pop3.Node.Administration.DeleteAsync(user, CancellationToken.None)).IsOk.ShouldBeTrue();
        await client.PlayAsync("S: -ERR [AUTH] The login is no longer valid\nS!");
    }

    [Fact]
    public async Task Half_closed_clients_get_all_their_answers()
    {
        var user = await pop3.UserAsync(Message);
        using var client = await pop3.ConnectAsync();
        await client.SendAsync($"USER {user}\r\nPASS secret\r\nDELE 1\r\n");
        client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        await client.PlayAsync("S: +OK *\nS: +OK *\nS: +OK message 1 deleted\nS!");
        (await pop3.IndexAsync(user)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Fuzz_never_ends_in_an_internal_error()
    {
        var user = await pop3.UserAsync(Message, Message);
        var random = new Random(20261128);
        string[] words = ["USER", "PASS", "RETR", "TOP", "LIST", "UIDL", "DELE", "RSET", "STAT", "NOOP", "CAPA", "LANG", "UTF8", "AUTH", "1", "2", "0", "-5", "\0", "\u00FF", "=", "PLAIN", "  ", "99999999999"];
        await using var gateway = await pop3.StartAsync(new Pop3Options { MaxBadCommands = 10_000 });
        using var client = await pop3.LogInAsync(user, gateway);
        for (var round = 0; round < 400; round++)
        {
            var line = string.Join(' ', Enumerable.Range(0, random.Next(1, 5)).Select(_ => words[random.Next(words.Length)]));
            await client.SendAsync(line + "\r\nLANG en\r\n");
            for (string? answer; (answer = await client.LineAsync()) is not "+OK en Texts are in English";)
                answer.ShouldNotBeNull(line).ShouldNotContain("Internal");
        }
    }
}
