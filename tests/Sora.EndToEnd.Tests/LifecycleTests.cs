using System.Net;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests;

/// <summary>Start, readiness, orderly stop and start again.</summary>
public sealed class LifecycleTests : IAsyncLifetime
{
    private SoraProcess _sora = null!;

    public async Task InitializeAsync() => _sora = await SoraProcess.StartAsync("connections.drain_timeout=10s");

    public async Task DisposeAsync() => await _sora.DisposeAsync();

    [Fact]
    public async Task Sigterm_says_goodbye_stops_everything_and_the_next_start_finds_the_mail()
    {
        var (user, password) = _sora.FirstAccount;
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_sora.HttpPort}") };
        (await http.GetAsync(new Uri("/health/readyz", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await http.GetAsync(new Uri("/health/livez", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);

        using var idle = await ImapClient.OpenInboxAsync(_sora.ImapPort, user, password);
        using var quiet = await ImapClient.LoginAsync(_sora.ImapPort, user, password);
        using var unknown = await ImapClient.ConnectAsync(_sora.ImapPort);
        using var waiting = await LmtpClient.ConnectAsync(_sora.LmtpPort);
        using var busy = await LmtpClient.ConnectAsync(_sora.LmtpPort);
        await waiting.DeliverAsync(user, TestMail.Make(1));
        var message = TestMail.Make(2);
        (await busy.RunAsync("MAIL FROM:<sender@example.org>")).Code.ShouldBe(250);
        (await busy.RunAsync($"RCPT TO:<{user}>")).Code.ShouldBe(250);
        (await busy.RunAsync("DATA")).Code.ShouldBe(354);
        await idle.BeginIdleAsync();
        var database = _sora.DatabasePid;
        Signals.IsAlive(database).ShouldBeTrue();

        _sora.Terminate();
        (await waiting.ReadReplyAsync()).Code.ShouldBe(421);
        await ShouldEndInByeAsync(idle);
        await ShouldEndInByeAsync(quiet);
        await ShouldEndInByeAsync(unknown);
        (await http.GetAsync(new Uri("/health/readyz", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);

        // A transaction that runs comes to its end, and only then the session does
        await busy.WriteMessageAsync(message);
        var reply = await busy.ReadReplyAsync();
        reply.Code.ShouldBe(250, reply.Text);
        (await busy.ReadReplyAsync()).Code.ShouldBe(421);

        (await _sora.WaitForExitAsync()).ShouldBe(0, _sora.Output);
        Signals.IsAlive(database).ShouldBeFalse("PostgreSQL still runs");
        Signals.WorkingBelow(_sora.Data).ShouldBeEmpty();

        await _sora.StartAgainAsync();
        _sora.FirstAccount.ShouldBe((user, password));
        using var again = await ImapClient.OpenInboxAsync(_sora.ImapPort, user, password);
        again.View.Uids.Count.ShouldBe(2);
        TestMail.ShouldBeDelivered(await again.FetchAsync(again.View.Uids[1], "BODY.PEEK[]"), message, "sender@example.org", user);
    }

    [Fact]
    public async Task A_client_that_does_not_end_is_cut_off_after_the_drain_timeout()
    {
        var (user, _) = _sora.FirstAccount;
        using var stuck = await LmtpClient.ConnectAsync(_sora.LmtpPort);
        (await stuck.RunAsync("MAIL FROM:<sender@example.org>")).Code.ShouldBe(250);
        (await stuck.RunAsync($"RCPT TO:<{user}>")).Code.ShouldBe(250);
        (await stuck.RunAsync("DATA")).Code.ShouldBe(354);
        _sora.Terminate();
        (await _sora.WaitForExitAsync()).ShouldBe(0, _sora.Output);
        Signals.WorkingBelow(_sora.Data).ShouldBeEmpty();
    }

    private static async Task ShouldEndInByeAsync(ImapClient client)
    {
        while (true)
        {
            var response = await client.ReadUntaggedAsync();
            if (response.Status == "BYE")
                break;
        }

        (await client.ReadToEndAsync()).ShouldBe("");
    }
}
