using System.Net;
using System.Net.Sockets;
using System.Text;
using Sora.Contracts;
using Sora.Testing;
using static Sora.Relay.Tests.RelayFixture;

namespace Sora.Relay.Tests;

/// <summary>Who hears of what, and in which form (RFC 3461, RFC 3464).</summary>
public sealed class ReportTests
{
    private const string Message = "Subject: hello\r\nFrom: a@example.org\r\n\r\ntext\r\n";

    [Fact]
    public async Task A_report_has_the_form_of_RFC_3464()
    {
        await using var peer = Refusing();
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request("op", Message) with
        {
            Kind = RelayKind.Notify,
            Recipients = [new("bad@example.net", "FAILURE,DELAY", "rfc822;first+2Buser@example.net"), new("good@example.net"), new("bad2@example.net")],
            EnvelopeId = "id+3D1",
            Return = "HDRS",
        });
        fixture.Work();
        var report = await ReportAsync(peer);
        report.Mail.ShouldStartWith("MAIL FROM:<>");
        report.Mail.ShouldNotContain("RET");
        report.Recipients.ShouldBe(["RCPT TO:<a@example.org> NOTIFY=NEVER"]);
        var header = Header(report.Text);
        header["from"].ShouldBe("Mail Delivery System <MAILER-DAEMON@sora.example.org>");
        header["to"].ShouldBe("<a@example.org>");
        header["auto-submitted"].ShouldBe("auto-replied");
        header["mime-version"].ShouldBe("1.0");
        header["content-type"].ShouldStartWith("multipart/report; report-type=delivery-status; boundary=\"");
        DateTimeOffset.TryParse(header["date"], System.Globalization.CultureInfo.InvariantCulture, out _).ShouldBeTrue();
        var parts = Parts(report.Text);
        parts.Count.ShouldBe(3);
        parts[0].ShouldStartWith("Content-Type: text/plain; charset=utf-8\r\n");
        parts[0].ShouldContain("<bad@example.net>");
        parts[0].ShouldNotContain("good@example.net");
        parts[1].ShouldStartWith("Content-Type: message/delivery-status\r\n\r\n");
        var groups = parts[1].Split("\r\n\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(group => Header(group + "\r\n\r\n")).ToList();
        groups.Count.ShouldBe(3);
        groups[0].Keys.ShouldBe(["original-envelope-id", "reporting-mta", "arrival-date"], ignoreOrder: true);
        groups[0]["original-envelope-id"].ShouldBe("id=1");
        groups[0]["reporting-mta"].ShouldBe("dns; sora.example.org");
        groups[1]["original-recipient"].ShouldBe("rfc822; first+user@example.net");
        groups[1]["final-recipient"].ShouldBe("rfc822; bad@example.net");
        groups[1]["action"].ShouldBe("failed");
        groups[1]["status"].ShouldBe("5.1.1");
        groups[1]["remote-mta"].ShouldBe("dns; localhost");
        groups[1]["diagnostic-code"].ShouldBe("smtp; 550 5.1.1 nobody here of that name");
        groups[2].ShouldNotContainKey("original-recipient");
        groups[2]["final-recipient"].ShouldBe("rfc822; bad2@example.net");
        parts[2].ShouldBe("Content-Type: text/rfc822-headers\r\n\r\nSubject: hello\r\nFrom: a@example.org\r\n");
        report.Text.Split("\r\n").ShouldAllBe(line => line.Length <= 78);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("HDRS", false)]
    [InlineData("FULL", true)]
    public async Task The_whole_message_comes_back_only_when_that_was_asked_for(string? ret, bool isWhole)
    {
        await using var peer = Refusing();
        await using var fixture = await RelayFixture.StartAsync(peer);
        var text = Message + new string('x', 600_000) + "\r\n";
        await fixture.EnqueueAsync(Request("op", text, "bad@example.net") with { Kind = RelayKind.Notify, Return = ret });
        fixture.Work();
        var parts = Parts((await ReportAsync(peer)).Text);
        parts[2].ShouldBe(isWhole ? "Content-Type: message/rfc822\r\n\r\n" + text : "Content-Type: text/rfc822-headers\r\n\r\nSubject: hello\r\nFrom: a@example.org\r\n");
    }

    [Fact]
    public async Task A_message_or_header_that_is_too_large_does_not_come_back()
    {
        await using var peer = Refusing();
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.Reports.MaxReturn = Sora.Configuration.ByteSize.KiB(100);
        fixture.Options.Reports.MaxHeader = Sora.Configuration.ByteSize.KiB(1);
        var header = string.Concat(Enumerable.Range(0, 100).Select(i => $"X-Field: {i} {new string('x', 40)}\r\n"));
        await fixture.EnqueueAsync(Request("op", $"{header}\r\n{new string('x', 200_000)}\r\n", "bad@example.net") with { Kind = RelayKind.Notify, Return = "FULL" });
        fixture.Work();
        var returned = Parts((await ReportAsync(peer)).Text)[2];
        returned.ShouldStartWith("Content-Type: text/rfc822-headers\r\n\r\nX-Field: 0 ");
        returned.Length.ShouldBeLessThan(1100);
        returned.ShouldEndWith("x\r\n");
    }

    [Theory]
    [InlineData(null, "550 5.1.1 no", true, "failed")]
    [InlineData("FAILURE", "550 5.1.1 no", true, "failed")]
    [InlineData("SUCCESS", "550 5.1.1 no", true, null)]
    [InlineData("DELAY", "550 5.1.1 no", true, null)]
    [InlineData("NEVER", "550 5.1.1 no", true, null)]
    [InlineData("NEVER", "550 5.1.1 no", false, null)]
    [InlineData(null, "250 2.1.5 ok", true, null)]
    [InlineData(null, "250 2.1.5 ok", false, null)]
    [InlineData("SUCCESS", "250 2.1.5 ok", true, null)]
    [InlineData("SUCCESS,FAILURE", "250 2.1.5 ok", false, "relayed")]
    [InlineData("FAILURE", "250 2.1.5 ok", false, null)]
    [InlineData("NEVER", "250 2.1.5 ok", false, null)]
    public async Task The_rules_of_RFC_3461_section_5_2_2_hold(string? notify, string answer, bool knowsReports, string? action)
    {
        await using var peer = new SmtpPeer();
        if (!knowsReports)
            peer.Extensions.Remove("DSN");
        peer.Always("RCPT TO:<x@", answer);
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request() with { Recipients = [new("x@example.net", notify)] });
        fixture.Work();
        await fixture.EmptyAsync();
        var reports = peer.Messages.Where(IsReport).ToList();
        reports.Count.ShouldBe(action is null ? 0 : 1);
        if (action is not null)
            reports[0].Text.ShouldContain($"\r\nAction: {action}\r\n");
    }

    [Fact]
    public async Task Nobody_hears_of_a_message_without_a_sender_and_no_report_begets_another()
    {
        await using var peer = new SmtpPeer();
        peer.Always("RCPT", "550 5.1.1 no");
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request("1") with { Sender = "", Kind = RelayKind.Vacation });
        await fixture.EnqueueAsync(Request("2"));
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Commands.Where(command => command.StartsWith("RCPT", StringComparison.Ordinal)).ShouldBe(
            ["RCPT TO:<b@example.net>", "RCPT TO:<b@example.net>", "RCPT TO:<a@example.org> NOTIFY=NEVER"], ignoreOrder: true);
    }

    [Fact]
    public async Task What_cannot_be_sent_in_time_is_given_up_and_reported_with_the_last_answer()
    {
        await using var peer = new SmtpPeer();
        peer.Always("RCPT TO:<x@", "451 4.7.1 greylisted");
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request("op", Message, "x@example.net"));
        fixture.Work();
        await Eventually.WaitAsync(async () => await fixture.ScalarAsync<int>("SELECT attempts FROM relay_recipients") > 2);
        await fixture.ExecuteAsync("UPDATE relay_recipients SET expires_at = now()");
        var report = (await ReportAsync(peer)).Text;
        report.ShouldContain("\r\nAction: failed\r\nStatus: 4.4.7\r\nRemote-MTA: dns; localhost\r\nDiagnostic-Code: smtp; 451 4.7.1 greylisted\r\n");
        await fixture.EmptyAsync();
    }

    [Theory]
    [InlineData("DELAY", 1)]
    [InlineData("FAILURE", 0)]
    [InlineData(null, 0)]
    public async Task A_sender_who_asks_hears_once_that_a_message_is_late(string? notify, int reports)
    {
        await using var peer = new SmtpPeer();
        var isLate = true;
        peer.Rules.Add(line => isLate && line.StartsWith("RCPT TO:<x@", StringComparison.Ordinal) ? "451 4.7.1 greylisted" : null);
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request("op", Message) with { Recipients = [new("x@example.net", notify)] });
        await fixture.ExecuteAsync("UPDATE relay_messages SET created_at = now() - interval '5 hours'");
        fixture.Work();
        await Eventually.WaitAsync(async () => await fixture.ScalarAsync<int>("SELECT max(attempts) FROM relay_recipients") > 4);
        isLate = false;
        await fixture.EmptyAsync();
        var found = peer.Messages.Where(IsReport).ToList();
        found.Count.ShouldBe(reports);
        if (reports > 0)
        {
            found[0].Text.ShouldContain("\r\nAction: delayed\r\nStatus: 4.7.1\r\n");
            found[0].Text.ShouldContain("\r\nWill-Retry-Until: ");
        }
    }

    [Theory]
    [InlineData(false, false, true, "5.3.3")]
    [InlineData(false, true, true, "5.4.7")]
    [InlineData(true, false, false, "relayed")]
    [InlineData(true, true, false, null)]
    public async Task A_time_limit_is_passed_on_or_the_sender_hears_that_it_is_not(bool isNotify, bool isOffered, bool isFailed, string? expected)
    {
        await using var peer = new SmtpPeer();
        if (isOffered)
            peer.Extensions.Add("DELIVERBY 1000");
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request() with { DeliverBy = new RelayDeliverBy(DateTimeOffset.UtcNow.AddSeconds(500), IsReturn: !isNotify) });
        fixture.Work();
        await fixture.EmptyAsync();
        var report = peer.Messages.SingleOrDefault(IsReport);
        peer.Messages.Count(message => !IsReport(message)).ShouldBe(isFailed ? 0 : 1);
        if (expected is null)
            report.ShouldBeNull();
        else
            report!.Text.ShouldContain(isFailed ? $"Action: failed\r\nStatus: {expected}\r\n" : $"Action: {expected}\r\n");
    }

    [Fact]
    public async Task Addresses_that_are_not_ASCII_have_a_form_of_their_own()
    {
        await using var peer = Refusing();
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request("op", "Subject: \u00FC\r\n\r\ntext\r\n", "bad\u00FC@example.net") with { Kind = RelayKind.Notify });
        fixture.Work();
        var report = await ReportAsync(peer);
        var parts = Parts(report.Text);
        Header(report.Text)["content-type"].ShouldStartWith("multipart/report; report-type=global-delivery-status;");
        parts[1].ShouldStartWith("Content-Type: message/global-delivery-status\r\nContent-Transfer-Encoding: 8bit\r\n");
        parts[1].ShouldContain("\r\nFinal-Recipient: utf-8; bad\u00FC@example.net\r\n");
        parts[2].ShouldBe("Content-Type: message/global-headers\r\nContent-Transfer-Encoding: 8bit\r\n\r\nSubject: \u00FC\r\n");
    }

    [Fact]
    public async Task A_sender_who_has_an_account_here_gets_the_report_at_once()
    {
        await using var peer = Refusing();
        await using var fixture = await RelayFixture.StartAsync(peer);
        var ada = await fixture.Node.CreateAccountAsync("ada@example.org");
        await fixture.EnqueueAsync(Request("op", Message, "bad@example.net") with { Kind = RelayKind.Notify, Sender = "Ada+x@example.org" });
        fixture.Work();
        var inbox = await MailstoreNode.IdAsync(ada, "INBOX");
        await Eventually.WaitAsync(async () => (await ada.StatusAsync([inbox], false, default))[0]!.Totals.Messages == 1);
        await fixture.EmptyAsync();
        peer.Messages.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_sender_who_has_an_account_here_hears_also_while_no_host_can_be_reached()
    {
        var peer = new SmtpPeer();
        await using var fixture = await RelayFixture.StartAsync(peer);
        var port = peer.Port;
        await peer.DisposeAsync();

        // Nobody listens there, and nobody else gets the port either
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, port));
        fixture.Options.HostRetry = fixture.Options.HostRetryMax = TimeSpan.FromHours(1);
        fixture.Options.Retry = fixture.Options.RetryMax = TimeSpan.FromHours(1); // who asked for work before the host failed does not get the same again
        var ada = await fixture.Node.CreateAccountAsync("ada@example.org");
        await fixture.EnqueueAsync(Request("op", Message) with { Kind = RelayKind.Notify, Sender = "ada@example.org" });
        fixture.Work();
        await Eventually.WaitAsync(async () => await fixture.ScalarAsync<bool>("SELECT lease IS NULL AND attempts = 1 FROM relay_recipients"));
        await fixture.ExecuteAsync("UPDATE relay_recipients SET expires_at = now(), next_attempt = now()");
        await fixture.EmptyAsync();
        var inbox = await MailstoreNode.IdAsync(ada, "INBOX");
        (await ada.StatusAsync([inbox], false, default))[0]!.Totals.Messages.ShouldBe(1);
    }

    [Fact]
    public async Task A_failure_and_its_report_are_one_thing()
    {
        await using var peer = Refusing();
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request("op", Message, "bad@example.net"));
        var work = (await fixture.Queue.TakeAsync(TimeSpan.FromMinutes(1), 10, false, default))!;

        // The node that had it lost it meanwhile: it may report nothing
        await fixture.ExecuteAsync("UPDATE relay_recipients SET lease = gen_random_uuid()");
        var report = Request("report") with { Kind = RelayKind.Report, Sender = "", Account = default };
        (await fixture.Queue.SettleAsync(work, [new RelayOutcome(1, RelayFate.Failed, new RelayReply(550, "5.1.1", "no"))], report, default)).ShouldBeFalse();
        (await fixture.ScalarAsync<long>("SELECT count(*) FROM relay_messages")).ShouldBe(1);
    }

    private static SmtpPeer Refusing()
    {
        var peer = new SmtpPeer();
        peer.Always("RCPT TO:<bad", "550-5.1.1 nobody here\r\n550 5.1.1 of that name");
        return peer;
    }

    private static bool IsReport(Received message) => message.Mail.StartsWith("MAIL FROM:<>", StringComparison.Ordinal) && message.Text.Contains("multipart/report", StringComparison.Ordinal);

    private static async Task<Received> ReportAsync(SmtpPeer peer)
    {
        await Eventually.WaitAsync(() => peer.Messages.Any(IsReport));
        return peer.Messages.Single(IsReport);
    }

    private static Dictionary<string, string> Header(string message)
    {
        var end = message.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return message[..(end < 0 ? message.Length : end)].Replace("\r\n\t", " ", StringComparison.Ordinal).Replace("\r\n ", " ", StringComparison.Ordinal)
            .Split("\r\n", StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(line => line[..line.IndexOf(':')].ToLowerInvariant(), line => line[(line.IndexOf(':') + 1)..].Trim(), StringComparer.Ordinal);
    }

    private static List<string> Parts(string message)
    {
        var type = Header(message)["content-type"];
        var start = type.IndexOf("boundary=\"", StringComparison.Ordinal) + "boundary=\"".Length;
        var boundary = type[start..type.IndexOf('"', start)];
        var pieces = message.Split($"\r\n--{boundary}");
        pieces[^1].ShouldBe("--\r\n");
        return [.. pieces[1..^1].Select(static piece => piece["\r\n".Length..])];
    }
}
