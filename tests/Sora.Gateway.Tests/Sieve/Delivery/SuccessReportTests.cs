using Sora.Contracts;
using Sora.Gateway.Lmtp;

namespace Sora.Gateway.Tests.Sieve.Delivery;

/// <summary>What senders hear who have asked for it with DSN (RFC 3461) and DELIVERBY (RFC 2852).</summary>
[Collection("sieve delivery")]
public sealed class SuccessReportTests(DeliveryFixture fixture)
{
    private Connections.TestGateway? _gateway;

    [Fact]
    public async Task What_is_announced()
    {
        await using var gateway = await StartAsync();
        (await ExtensionsAsync(gateway)).ShouldContain("250-DSN");
        (await ExtensionsAsync(gateway)).ShouldContain("250-DELIVERBY");
        await using var silent = await fixture.StartAsync();
        (await ExtensionsAsync(silent)).ShouldNotContain("250-DSN");
    }

    [Fact]
    public async Task A_success_is_reported_to_whom_asked_for_it()
    {
        await using var gateway = await StartAsync();
        var user = await fixture.UserAsync();
        var message = user.Message(more: "X-Mine: yes\r\n", body: "secret\r\n");
        var sender = Sender();
        await TakeAsync(user, message, $"<{sender}> RET=FULL ENVID=one+2Btwo", " NOTIFY=SUCCESS,DELAY ORCPT=rfc822;first+2Bold@example.org");
        var report = Reports(sender).ShouldHaveSingleItem();
        report.Request.Sender.ShouldBe("");
        report.Request.Kind.ShouldBe(RelayKind.Report);
        report.Request.Recipients.ShouldBe([new RelayRecipient(sender, "NEVER")]);
        report.Field("From").ShouldBe(["Mail Delivery System <MAILER-DAEMON@mx.example.org>"]);
        report.Field("To").Single().ShouldContain(sender);
        report.Field("Auto-Submitted").ShouldBe(["auto-replied"]);
        report.Field("Content-Type").Single().ShouldStartWith("multipart/report; report-type=delivery-status;");
        report.Text.ShouldContain(
            $"\r\nOriginal-Envelope-Id: one+two\r\nReporting-MTA: dns; mx.example.org\r\nArrival-Date: ", Case.Sensitive);
        report.Text.ShouldContain(
            $"\r\n\r\nOriginal-Recipient: rfc822;first+old@example.org\r\nFinal-Recipient: rfc822; {user.Address}\r\nAction: delivered\r\nStatus: 2.0.0\r\n\r\n--", Case.Sensitive);

        // RFC 3461 section 6.2: the header alone
        report.Text.ShouldContain("\r\nX-Mine: yes\r\n");
        report.Text.ShouldNotContain("secret");

        // The client was not sure of the answer, and delivers once more
        await TakeAsync(user, message, $"<{sender}> RET=FULL ENVID=one+2Btwo", " NOTIFY=SUCCESS,DELAY ORCPT=rfc822;first+2Bold@example.org");
        (await user.PlacesAsync()).ShouldBe("INBOX 1");
        Reports(sender).Count(static one => one.Status == RelayStatus.Queued).ShouldBe(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" NOTIFY=NEVER")]
    [InlineData(" NOTIFY=FAILURE,DELAY")]
    [InlineData(" ORCPT=rfc822;a@example.org")]
    public async Task Nobody_else_hears_of_it(string parameters)
    {
        await using var gateway = await StartAsync();
        var user = await fixture.UserAsync();
        var sender = Sender();
        await TakeAsync(user, user.Message(), $"<{sender}>", parameters);
        Reports(sender).ShouldBeEmpty();
    }

    // RFC 3461 section 4.1: there is nobody to hear of it
    [Fact]
    public async Task The_null_reverse_path()
    {
        await using var gateway = await StartAsync();
        var user = await fixture.UserAsync();
        await TakeAsync(user, user.Message(), "<>", " NOTIFY=SUCCESS");
        Reports("").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("discard;", "delivered")]
    [InlineData("redirect \"else@example.org\";", "relayed")]
    [InlineData("require \"copy\"; redirect :copy \"else@example.org\";", "delivered")]
    [InlineData("require \"reject\"; reject text:\nno: \u00FC\n.\n;", null)]
    public async Task What_scripts_do(string script, string? action)
    {
        await using var gateway = await StartAsync();
        var user = await fixture.UserAsync(script);
        var sender = Sender();
        await TakeAsync(user, user.Message(), $"<{sender}>", " NOTIFY=SUCCESS");
        var reports = Reports(sender).Where(static one => one.Text.Contains("report-type=delivery-status", StringComparison.Ordinal)).ToList();
        if (action is null)
            reports.ShouldBeEmpty();
        else
            reports.ShouldHaveSingleItem().Text.ShouldContain($"\r\nAction: {action}\r\n");
    }

    [Fact]
    public async Task A_refusal_is_the_clients_to_report()
    {
        await using var gateway = await StartAsync();
        var user = await fixture.UserAsync("require \"ereject\"; ereject \"no\";");
        var sender = Sender();
        (await user.DeliverAsync(from: $"<{sender}>", gateway: gateway, recipientParameters: " NOTIFY=SUCCESS,FAILURE")).ShouldStartWith("550 5.7.1 ");
        Reports(sender).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_cannot_be_reported_is_delivered_all_the_same()
    {
        await using var gateway = await StartAsync();
        var user = await fixture.UserAsync();
        fixture.Relay.Failing.TryAdd("fails@example.net", true);
        await TakeAsync(user, user.Message(), "<fails@example.net>", " NOTIFY=SUCCESS");
        (await user.PlacesAsync()).ShouldBe("INBOX 1");
    }

    // RFC 2852 section 4: what may not come late goes back
    [Theory]
    [InlineData("600;R", 9, "250 2.0.0 *")]
    [InlineData("600;R", 11, "554 5.4.7 *")]
    [InlineData("600;N", 11, "250 2.0.0 *")]
    public async Task A_time_limit(string by, int minutes, string answer)
    {
        var time = new Shifted();
        await using var gateway = await fixture.StartAsync(reports: new SuccessReports(fixture.Relay, null, remembers: true), time: time);
        var user = await fixture.UserAsync();
        var sender = Sender();
        using var client = await gateway.ConnectAsync();
        await client.PlayAsync("S: 220 *\nC: LHLO client.example.net");
        while ((await client.LineAsync())![3] == '-')
        {
        }

        await client.PlayAsync($"C: MAIL FROM:<{sender}> BY={by}\nS: 250 *\nC: RCPT TO:<{user.Address}>\nS: 250 *\nC: DATA\nS: 354 *");
        time.Shift = TimeSpan.FromMinutes(minutes);
        await client.SendAsync(user.Message() + ".\r\n");
        await client.PlayAsync($"S: {answer}");
        (await user.PlacesAsync()).ShouldBe(answer.StartsWith("250", StringComparison.Ordinal) ? "INBOX 1" : "");

        // By-mode N is delivered all the same, and its sender hears that it was late
        if (by == "600;N")
            Reports(sender).ShouldHaveSingleItem().Text.ShouldContain("\r\nAction: delayed\r\nStatus: 4.4.7\r\n");
        else
            Reports(sender).ShouldBeEmpty();
    }

    private sealed class Shifted : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
    }

    private async Task<Connections.TestGateway> StartAsync() => _gateway = await fixture.StartAsync(reports: new SuccessReports(fixture.Relay, null, remembers: true));

    private static string Sender() => $"sender-{Guid.NewGuid():N}@example.net";

    private IReadOnlyList<Relayed> Reports(string sender) => fixture.Relay.To(sender);

    private async Task TakeAsync(ScriptUser user, string message, string from, string parameters) =>
        (await user.DeliverAsync(message, from, gateway: _gateway, recipientParameters: parameters)).ShouldStartWith("250 2.0.0 ");

    private static async Task<List<string>> ExtensionsAsync(Connections.TestGateway gateway)
    {
        using var client = await gateway.ConnectAsync();
        await client.LineAsync();
        await client.SendAsync("LHLO client.example.net\r\n");
        var lines = new List<string>();
        do
            lines.Add((await client.LineAsync())!);
        while (lines[^1][3] == '-');
        return lines;
    }
}
