using Sora.Contracts;
using Sora.Gateway.Imap;
using Sora.Gateway.Sasl;
using Sora.Gateway.Tests.Connections;
using Sora.Gateway.Tests.Imap;
using Sora.Mailstore.Accounts.Logins;

namespace Sora.Gateway.Tests.Sasl;

/// <summary>Too many wrong passwords over IMAP, by every mechanism; and that a user who does not exist looks like one who does.</summary>
[Collection("imap")]
public sealed class LoginLimitTests(ImapFixture fixture)
{
    private static readonly LoginLimitOptions Limits = new()
    {
        PairFailures = 3, AddressFailures = 1000, UserFailures = 1000, Delay = TimeSpan.Zero, ShareInterval = TimeSpan.FromMilliseconds(10),
    };

    [Theory]
    [InlineData("LOGIN")]
    [InlineData("PLAIN")]
    [InlineData("AUTH-LOGIN")]
    [InlineData("SCRAM-SHA-256")]
    public async Task Whoever_was_wrong_too_often_is_refused_and_nobody_learns_whether_the_user_exists(string mechanism)
    {
        await using var logins = await GuardedLogins.StartAsync(fixture.Node, Limits);
        await using var gateway = await StartAsync(logins);
        var user = await fixture.UserAsync();
        var transcripts = new List<string[]>();
        foreach (var name in new[] { user.Address, $"nobody-{user.Address}" })
        {
            var answers = new List<string>();
            foreach (var password in new[] { "wrong", "wrong too", "wrong again", "secret" })
            {
                using var client = await ConnectAsync(gateway);
                answers.Add(await TryAsync(client, mechanism, name, password));
            }

            transcripts.Add([.. answers]);
        }

        const string wrong = "NO [AUTHENTICATIONFAILED] Authentication failed";
        const string blocked = "NO [LIMIT] Too many failed logins, try again later";
        transcripts[0].ShouldBe([wrong, wrong, wrong, blocked]);
        transcripts[1].ShouldBe(transcripts[0]);
        var events = logins.Take();
        events.Count.ShouldBe(8);
        events.Take(4).Select(static happened => (happened.User, happened.Outcome, happened.Reason)).ShouldBe(
        [
            (user.Address, LoginOutcome.Wrong, null), (user.Address, LoginOutcome.Wrong, null), (user.Address, LoginOutcome.Wrong, null), (user.Address, LoginOutcome.Blocked, "pair"),
        ]);
        events.Skip(4).ShouldAllBe(static happened => happened.User == null);
        logins.Counted("wrong").ShouldBe(6);
        logins.Counted("blocked_pair").ShouldBe(2);

        // Another user is let in
        var other = await fixture.UserAsync();
        using var third = await ConnectAsync(gateway);
        (await TryAsync(third, mechanism, other.Address, "secret")).ShouldStartWith("OK");
        logins.Take().Single().ShouldBe(new LoginEvent(
            "imap", mechanism switch { "LOGIN" => "password", "AUTH-LOGIN" => "LOGIN", _ => mechanism }, System.Net.IPAddress.Loopback, other.Address,
            (await fixture.Node.Accounts.FindAsync(other.Address, CancellationToken.None))!.Account, null, LoginOutcome.Ok, null));
    }

    [Fact]
    public async Task A_right_password_forgives_those_before_it()
    {
        await using var logins = await GuardedLogins.StartAsync(fixture.Node, Limits);
        await using var gateway = await StartAsync(logins);
        var user = await fixture.UserAsync();
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 2; i++)
            {
                using var wrong = await ConnectAsync(gateway);
                (await TryAsync(wrong, "LOGIN", user.Address, "wrong")).ShouldStartWith("NO [AUTHENTICATIONFAILED]");
            }

            using var right = await ConnectAsync(gateway);
            (await TryAsync(right, "LOGIN", user.Address, "secret")).ShouldStartWith("OK");
        }
    }

    [Fact]
    public async Task A_client_that_goes_on_after_a_refusal_is_shown_the_door()
    {
        await using var logins = await GuardedLogins.StartAsync(fixture.Node, Limits);
        await using var gateway = await StartAsync(logins, maxAuthFailures: 4);
        var user = await fixture.UserAsync();
        using var client = await ConnectAsync(gateway);
        for (var i = 0; i < 3; i++)
            (await TryAsync(client, "LOGIN", user.Address, "wrong")).ShouldStartWith("NO [AUTHENTICATIONFAILED]");
        await client.PlayAsync($"""
            C: a LOGIN {user.Address} secret
            S: a NO [LIMIT] Too many failed logins, try again later
            S: * BYE Too many failed logins
            """);
    }

    [Fact]
    public async Task A_master_is_counted_by_its_own_name_and_written_down_with_whom_it_acts_for()
    {
        await using var logins = await GuardedLogins.StartAsync(fixture.Node, Limits);
        var master = await fixture.UserAsync();
        var user = await fixture.UserAsync();
        await using var gateway = await StartAsync(logins, sasl: new SaslOptions { MasterUsers = [master.Address] });
        using (var client = await ConnectAsync(gateway))
            (await TryAsync(client, "LOGIN", $"{user.Address}*{master.Address}", "secret")).ShouldStartWith("OK");
        var happened = logins.Take().Single();
        (happened.User, happened.ActedFor, happened.Outcome).ShouldBe((master.Address, user.Address, LoginOutcome.Ok));
        using (var client = await ConnectAsync(gateway))
            (await TryAsync(client, "LOGIN", $"{master.Address}*{user.Address}", "secret")).ShouldStartWith("NO [AUTHORIZATIONFAILED]");
        logins.Take().Single().Outcome.ShouldBe(LoginOutcome.Unauthorized);
        for (var i = 0; i < 3; i++)
        {
            using var client = await ConnectAsync(gateway);
            (await TryAsync(client, "PLAIN", $"{user.Address}*{master.Address}", "wrong")).ShouldStartWith("NO [AUTHENTICATIONFAILED]");
        }

        using (var client = await ConnectAsync(gateway))
            (await TryAsync(client, "LOGIN", $"{user.Address}*{master.Address}", "secret")).ShouldStartWith("NO [LIMIT]");
        using (var client = await ConnectAsync(gateway))
            (await TryAsync(client, "LOGIN", user.Address, "secret")).ShouldStartWith("OK");
    }

    private Task<TestGateway> StartAsync(GuardedLogins logins, int maxAuthFailures = 100, SaslOptions? sasl = null) => fixture.StartAsync(
        TimeProvider.System, new ImapOptions { AuthFailureDelay = TimeSpan.Zero, MaxAuthFailures = maxAuthFailures }, sasl: sasl, guard: logins.Guard);

    private static async Task<ImapClient> ConnectAsync(TestGateway gateway)
    {
        var client = new ImapClient(await gateway.ConnectAsync());
        await client.Socket.LineAsync();
        return client;
    }

    // The tagged answer without its tag
    private static async Task<string> TryAsync(ImapClient client, string mechanism, string user, string password)
    {
        var socket = client.Socket;
        switch (mechanism)
        {
            case "LOGIN":
                await socket.SendAsync($"a LOGIN \"{user}\" \"{password}\"\r\n");
                break;
            case "PLAIN":
                await socket.SendAsync($"a AUTHENTICATE PLAIN {ScramClient.Base64($"\0{user}\0{password}")}\r\n");
                break;
            case "AUTH-LOGIN":
                await socket.SendAsync($"a AUTHENTICATE LOGIN\r\n");
                if (await socket.LineAsync() is ['+', ..])
                    await socket.SendAsync(ScramClient.Base64(user) + "\r\n");
                if (await socket.LineAsync() is ['+', ..])
                    await socket.SendAsync(ScramClient.Base64(password) + "\r\n");
                break;
            default:
                var scram = new ScramClient(user, password);
                await socket.SendAsync($"a AUTHENTICATE {mechanism} {scram.First}\r\n");
                var first = (await socket.LineAsync())!;
                if (!first.StartsWith("+ ", StringComparison.Ordinal))
                    return first[2..];
                await socket.SendAsync(scram.Final(first[2..]) + "\r\n");
                var second = (await socket.LineAsync())!;
                if (!second.StartsWith("+ ", StringComparison.Ordinal))
                    return second[2..];
                scram.ShouldBelieve(second[2..]);
                await socket.SendAsync("\r\n");
                break;
        }

        return (await socket.LineAsync())![2..];
    }
}
