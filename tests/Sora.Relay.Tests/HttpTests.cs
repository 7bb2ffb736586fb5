using System.Text;
using Sora.Contracts;
using Sora.Testing;
using static Sora.Relay.Tests.RelayFixture;

namespace Sora.Relay.Tests;

public sealed class HttpTests
{
    [Fact]
    public async Task A_message_is_posted_with_its_envelope_and_the_token()
    {
        await using var peer = new HttpPeer();
        await using var fixture = await StartAsync(peer);
        fixture.Options.Http.Token = "t0ken";
        var text = "Subject: long\r\n\r\n" + new string('x', 700_000) + "\n.\n";
        await fixture.EnqueueAsync(Request("op", text, "b%c@example.net", "d\u00FC@example.net") with { Kind = RelayKind.Notify });
        fixture.Work();
        await fixture.EmptyAsync();
        var posted = peer.Requests.ShouldHaveSingleItem();
        posted.Line.ShouldBe("POST /in?key=1 HTTP/1.1");
        posted.Fields["content-type"].ShouldBe(["message/rfc822"]);
        posted.Fields["authorization"].ShouldBe(["Bearer t0ken"]);
        posted.Fields["sora-envelope-from"].ShouldBe(["<a@example.org>"]);
        string.Join(", ", posted.Fields["sora-envelope-to"]).ShouldBe("<b%25c@example.net>, <d%C3%BC@example.net>");
        posted.Text.ShouldBe(text);
    }

    [Theory]
    [InlineData("200 OK", RelayFate.Sent)]
    [InlineData("202 Accepted", RelayFate.Sent)]
    [InlineData("400 Bad Request", RelayFate.Failed)]
    [InlineData("403 Forbidden", RelayFate.Failed)]
    [InlineData("404 Not Found", RelayFate.Failed)]
    [InlineData("422 Unprocessable", RelayFate.Failed)]
    [InlineData("301 Moved", RelayFate.Deferred)]
    [InlineData("401 Unauthorized", RelayFate.Deferred)]
    [InlineData("408 Request Timeout", RelayFate.Deferred)]
    [InlineData("429 Too Many Requests", RelayFate.Deferred)]
    [InlineData("500 Internal", RelayFate.Deferred)]
    [InlineData("503 Unavailable", RelayFate.Deferred)]
    [InlineData("close", RelayFate.Deferred)]
    public async Task The_status_decides(string answer, RelayFate fate)
    {
        await using var peer = new HttpPeer { Answer = count => count == 1 ? answer : "200 OK" };
        await using var fixture = await StartAsync(peer);
        await fixture.EnqueueAsync(Request() with { Sender = "" });
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Requests.Count.ShouldBe(fate == RelayFate.Deferred ? 2 : 1);
    }

    [Fact]
    public async Task A_refusal_is_reported_with_what_the_endpoint_said()
    {
        await using var peer = new HttpPeer { Answer = count => count == 1 ? "422 Unprocessable" : "200 OK" };
        await using var fixture = await StartAsync(peer);
        await fixture.EnqueueAsync(Request("op", recipients: "b@example.net"));
        fixture.Work();
        await Eventually.WaitAsync(() => peer.Requests.Count == 2);
        var report = peer.Requests.Last();
        report.Fields["sora-envelope-from"].ShouldBe(["<>"]);
        report.Fields["sora-envelope-to"].ShouldBe(["<a@example.org>"]);
        report.Text.ShouldContain("\r\nAction: failed\r\nStatus: 5.0.0\r\nRemote-MTA: dns; 127.0.0.1\r\nDiagnostic-Code: x-sora; HTTP 422 because\r\n");
    }

    [Fact]
    public async Task Many_recipients_come_in_requests_whose_headers_any_server_takes()
    {
        await using var peer = new HttpPeer();
        await using var fixture = await StartAsync(peer);
        fixture.Options.RecipientsPerTransaction = 1000;
        var recipients = Enumerable.Range(0, 200).Select(i => $"user{i}.{new string('x', 40)}@example.net").ToArray();
        await fixture.EnqueueAsync(Request("op", recipients: recipients));
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Requests.Count.ShouldBeGreaterThan(1);
        peer.Requests.ShouldAllBe(posted => posted.Fields["sora-envelope-to"].Sum(static field => field.Length) < 6000);
        peer.Requests.SelectMany(posted => posted.Fields["sora-envelope-to"].SelectMany(static field => field.Split(", "))).Select(static field => field[1..^1]).ShouldBe(recipients);
    }

    private static async Task<RelayFixture> StartAsync(HttpPeer peer)
    {
        var fixture = await RelayFixture.StartAsync();
        fixture.Options.Http.Url = peer.Url;
        return fixture;
    }
}
