using System.Text;
using Sora.Contracts;
using Sora.Mailstore.Relay;
using Sora.Relay.Smtp;
using Sora.Testing;
using static Sora.Relay.Tests.RelayFixture;

namespace Sora.Relay.Tests;

/// <summary>Hosts that misbehave: each message arrives once, or its sender hears once that it does not.</summary>
public sealed class FaultTests
{
    private static readonly TimeSpan Never = TimeSpan.FromHours(1);

    [Theory]
    [InlineData("MAIL", "550 5.7.1 no")]
    [InlineData("RCPT", "550 5.1.1 no")]
    [InlineData("DATA", "554 5.6.0 no")]
    [InlineData(".", "554 5.7.1 no")]
    public async Task What_is_refused_for_good_is_reported_once(string where, string answer)
    {
        await using var peer = new SmtpPeer();
        peer.Final = message => [where == "." && !message.Mail.StartsWith("MAIL FROM:<>", StringComparison.Ordinal) ? answer : "250 2.0.0 ok"];
        var verb = "";
        peer.Rules.Add(line =>
        {
            if (line.StartsWith("MAIL", StringComparison.Ordinal))
                verb = line.StartsWith("MAIL FROM:<>", StringComparison.Ordinal) ? "report" : where;
            return verb == where && line.StartsWith(where, StringComparison.Ordinal) ? answer : null;
        });
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.Parallelism = 1;
        await fixture.EnqueueAsync(Request() with { Kind = RelayKind.Notify });
        fixture.Work();
        await fixture.EmptyAsync();
        var report = peer.Messages.ShouldHaveSingleItem();
        report.Mail.ShouldStartWith("MAIL FROM:<>");
        report.Recipients.ShouldBe(["RCPT TO:<a@example.org> NOTIFY=NEVER"]);
        report.Text.ShouldContain("Diagnostic-Code: smtp; " + answer);
    }

    [Fact]
    public async Task A_refusal_in_the_midst_of_a_message_is_heard()
    {
        await using var peer = new SmtpPeer { Interrupt = (100_000, "552 5.3.4 this is too long for me") };
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.Retry = fixture.Options.RetryMax = fixture.Options.HostRetry = fixture.Options.HostRetryMax = Never;
        await fixture.EnqueueAsync(Long("1"));
        fixture.Work();

        // The report gets through: the host is not left alone for what it did
        await fixture.EmptyAsync();
        var report = peer.Messages.ShouldHaveSingleItem();
        report.Text.ShouldContain("Diagnostic-Code: smtp; 552 5.3.4 this is too long for me");
        peer.Commands.Count(command => command.StartsWith("MAIL FROM:<a@", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Theory]
    [InlineData("451 4.3.1 no room just now")]
    [InlineData("421 4.4.2 too slow")]
    [InlineData("250 2.0.0 thanks for the first half")]
    [InlineData("")]
    public async Task A_message_that_is_cut_off_comes_again(string words)
    {
        await using var peer = new SmtpPeer { Interrupt = (100_000, words) };
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Long("1"));
        fixture.Work();
        await Eventually.WaitAsync(async () => await fixture.ScalarAsync<bool>("SELECT reply_text IS NOT NULL FROM relay_recipients"));
        peer.Messages.ShouldBeEmpty();
        peer.Interrupt = null;
        await fixture.EmptyAsync();
        peer.Messages.ShouldHaveSingleItem().Bytes.Length.ShouldBe(Long("1").Prefix.Length);
    }

    [Fact]
    public async Task A_message_that_is_deleted_while_it_is_being_sent_does_not_arrive_in_part()
    {
        await using var peer = new SmtpPeer();
        await using var fixture = await RelayFixture.StartAsync(peer);
        peer.Rules.Add(line =>
        {
            if (line == "DATA")
                fixture.ExecuteAsync("DELETE FROM relay_chunks WHERE number > 0").GetAwaiter().GetResult();
            return null;
        });
        await fixture.EnqueueAsync(Long("1"));
        var worker = fixture.Work();
        await Eventually.WaitAsync(async () => await fixture.ScalarAsync<bool>("SELECT reply_text IS NOT NULL FROM relay_recipients"));
        await worker.DisposeAsync();
        peer.Messages.ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_takes_out_one_recipient_takes_no_report_from_the_others()
    {
        await using var peer = new SmtpPeer();
        peer.Always("RCPT TO:<bad@", "550 5.1.1 no");
        await using var fixture = await RelayFixture.StartAsync(peer);
        peer.Rules.Add(line =>
        {
            if (line == "DATA")
                new RelayAdministration(fixture.Node.Database).DeleteAsync(new RelayFilter(Recipient: "good@example.net"), default).GetAwaiter().GetResult();
            return null;
        });
        await fixture.EnqueueAsync(Request("1", recipients: ["bad@example.net", "good@example.net"]));
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.Count(message => message.Text.Contains("Final-Recipient: rfc822; bad@example.net", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Theory]
    [InlineData("SIZE 1000", "Subject: x\r\n\r\n", "b@example.net")]
    [InlineData("8BITMIME", "Subject: x\r\n\r\n", "\u00FC@example.net")]
    public async Task What_one_host_cannot_do_the_next_one_may(string offer, string message, string recipient)
    {
        await using var small = new SmtpPeer { Extensions = [offer] };
        await using var large = new SmtpPeer();
        await using var fixture = await RelayFixture.StartAsync(small, large);
        fixture.Options.Retry = fixture.Options.RetryMax = Never;
        await fixture.EnqueueAsync(Request("1", message + new string('x', 5000), recipient, "c@example.net") with { Kind = RelayKind.Notify });
        fixture.Work();
        await fixture.EmptyAsync();
        large.Messages.SelectMany(one => one.Recipients).ShouldContain($"RCPT TO:<{recipient}>");
        small.Messages.Concat(large.Messages).Sum(one => one.Recipients.Count).ShouldBe(2);
    }

    [Fact]
    public async Task What_no_host_can_do_is_given_up()
    {
        await using var first = new SmtpPeer { Extensions = ["SIZE 6000"] };
        await using var second = new SmtpPeer { Extensions = ["SIZE 5000"] };
        await using var fixture = await RelayFixture.StartAsync(first, second);
        fixture.Options.Retry = fixture.Options.RetryMax = Never;
        await fixture.EnqueueAsync(Request("1", "Subject: x\r\n\r\n" + new string('x', 9000)));
        fixture.Work();
        await fixture.EmptyAsync();
        second.Messages.ShouldBeEmpty();
        first.Messages.ShouldHaveSingleItem().Text.ShouldContain("Status: 5.3.4");
    }

    [Fact]
    public async Task What_the_only_host_that_is_up_cannot_do_waits_for_the_other()
    {
        await using var small = new SmtpPeer { Extensions = ["SIZE 1000"] };
        await using var large = new SmtpPeer { Greeting = "421 4.3.2 not now" };
        await using var fixture = await RelayFixture.StartAsync(small, large);
        await fixture.EnqueueAsync(Request("1", "Subject: x\r\n\r\n" + new string('x', 5000)));
        fixture.Work();
        await Eventually.WaitAsync(async () => await fixture.ScalarAsync<bool>("SELECT attempts > 1 AND reply_status = '4.3.4' FROM relay_recipients"));
        large.Greeting = "220 now";
        await fixture.EmptyAsync();
        large.Messages.ShouldHaveSingleItem();
        small.Messages.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("RCPT")]
    [InlineData("DATA")]
    public async Task That_a_login_is_missing_is_no_fault_of_the_message(string where)
    {
        await using var peer = new SmtpPeer();
        peer.On(where, "530 5.7.0 log in first");
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request());
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.ShouldHaveSingleItem().Text.ShouldEndWith("Subject: hello\r\n\r\ntext\r\n");
    }

    [Theory]
    [InlineData("504 5.5.4 not that one", true)]
    [InlineData("432 4.7.12 once by the old way, please", true)]
    [InlineData("535 5.7.8 wrong", false)]
    public async Task A_mechanism_that_will_not_do_is_followed_by_the_next_one(string answer, bool isFollowed)
    {
        await using var peer = new SmtpPeer { Certificate = Certificates.Make() };
        peer.Extensions.Add("AUTH LOGIN PLAIN SCRAM-SHA-256");
        peer.On("AUTH SCRAM", answer);
        peer.Always("AUTH SCRAM", "454 4.7.0 later");
        peer.Always("AUTH PLAIN", "235 2.7.0 ok");
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.Tls = RelayTls.Require;
        fixture.Options.VerifyCertificate = false;
        (fixture.Options.User, fixture.Options.Password) = ("user", "password");
        await fixture.EnqueueAsync(Request());
        fixture.Work();
        await Eventually.WaitAsync(() => isFollowed ? !peer.Messages.IsEmpty : peer.Commands.Count(command => command.StartsWith("AUTH SCRAM", StringComparison.Ordinal)) > 1);
        peer.Commands.Any(command => command.StartsWith("AUTH PLAIN", StringComparison.Ordinal)).ShouldBe(isFollowed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_host_that_asks_sees_the_certificate(bool hasKeyFile)
    {
        using var folder = new TempFolder();
        await using var peer = new SmtpPeer { Certificate = Certificates.Make(), AsksForCertificate = true };
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.Tls = RelayTls.Require;
        fixture.Options.VerifyCertificate = false;
        using var client = Certificates.Make("client.example");
        using var key = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPrivateKey(client)!;
        var pem = key.ExportPkcs8PrivateKeyPem();
        fixture.Options.CertificateFile = folder.File("client.pem");
        await File.WriteAllTextAsync(fixture.Options.CertificateFile, client.ExportCertificatePem() + "\n" + (hasKeyFile ? "" : pem));
        if (hasKeyFile)
            await File.WriteAllTextAsync(fixture.Options.KeyFile = folder.File("key.pem"), pem);
        await fixture.EnqueueAsync(Request());
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.ShouldHaveSingleItem();
        peer.ClientCertificates.First().ShouldBe("CN=client.example");
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_read_stops_nothing_for_good()
    {
        using var folder = new TempFolder();
        await using var peer = new SmtpPeer { Certificate = Certificates.Make() };
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.Tls = RelayTls.Require;
        fixture.Options.CertificateFile = folder.File("none.pem");
        await fixture.EnqueueAsync(Request());
        fixture.Work();
        await Eventually.WaitAsync(async () => await fixture.ScalarAsync<string>("SELECT coalesce(reply_text, '') FROM relay_recipients") is { Length: > 0 } text && text.Contains("certificate_file", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_host_may_have_an_IPv6_address()
    {
        await using var peer = new SmtpPeer(isV6: true);
        await using var fixture = await RelayFixture.StartAsync();
        fixture.Options.Hosts = [$"[::1]:{peer.Port}"];
        await fixture.EnqueueAsync(Request());
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Without_hosts_what_has_had_its_time_still_ends_and_its_sender_hears_of_it()
    {
        await using var fixture = await RelayFixture.StartAsync();
        var ada = await fixture.Node.CreateAccountAsync("ada@example.org");
        await fixture.EnqueueAsync(Request("1") with { Kind = RelayKind.Notify, Sender = "ada@example.org", DeliverBy = new RelayDeliverBy(DateTimeOffset.UtcNow, IsReturn: true) });
        await fixture.EnqueueAsync(Request("2"));
        fixture.Options.IsConfigured.ShouldBeFalse();
        fixture.Work();
        var inbox = await MailstoreNode.IdAsync(ada, "INBOX");
        await Eventually.WaitAsync(async () => (await ada.StatusAsync([inbox], false, default))[0]!.Totals.Messages == 1);
        (await fixture.ScalarAsync<int>("SELECT attempts FROM relay_recipients")).ShouldBe(0);
    }

    [Fact]
    public async Task The_postmaster_hears_of_a_report_that_cannot_be_delivered_and_nobody_of_his_own()
    {
        await using var peer = new SmtpPeer();
        peer.Always("RCPT TO:<bad@", "550 5.1.1 no");
        peer.Always("RCPT TO:<a@", "550 5.1.1 no such sender");
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.Reports.Postmaster = "postmaster@example.org";
        await fixture.EnqueueAsync(Request("1", recipients: "bad@example.net"));
        fixture.Work();
        await fixture.EmptyAsync();
        var told = peer.Messages.ShouldHaveSingleItem();
        (told.Mail, told.Recipients.Single()).ShouldBe((told.Mail, "RCPT TO:<postmaster@example.org> NOTIFY=NEVER"));
        told.Mail.ShouldStartWith("MAIL FROM:<>");
        told.Text.ShouldContain("Final-Recipient: rfc822; a@example.org");

        peer.Always("RCPT TO:<postmaster@", "550 5.1.1 he left");
        await fixture.EnqueueAsync(Request("2", recipients: "bad@example.net"));
        await fixture.EmptyAsync();
        peer.Messages.Count.ShouldBe(1);

        // Answers and notifications without a sender are no reports: nobody misses them
        await fixture.EnqueueAsync(Request("3", recipients: "bad@example.net") with { Kind = RelayKind.Vacation, Sender = "" });
        await fixture.EmptyAsync();
        peer.Commands.Count(command => command.StartsWith("RCPT TO:<postmaster@", StringComparison.Ordinal)).ShouldBe(2);
    }

    private static RelayRequest Long(string operation) =>
        Request(operation, "Subject: long\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('x', 98) + "\r\n", 50_000))) with { Kind = RelayKind.Notify };
}
