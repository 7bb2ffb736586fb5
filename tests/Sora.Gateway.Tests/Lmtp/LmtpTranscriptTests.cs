using System.Text;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.Lmtp;

public sealed class LmtpTranscriptTests
{
    [Fact]
    public async Task Each_recipient_gets_an_own_reply_and_there_is_one_body()
    {
        await using var lmtp = await LmtpFixture.StartAsync(time: new ManualTime());
        lmtp.Store.Verdict = recipient =>
            recipient.PrimaryAddress.StartsWith("bob", StringComparison.Ordinal) ? new MailError(MailErrorCode.OverQuota, "Mailbox is full") : null;
        using var client = await lmtp.ReadyAsync();
        await client.PlayAsync("""
            C: MAIL FROM:<from@example.net> SIZE=500 BODY=8BITMIME
            C: RCPT TO:<ada@example.org>
            C: RCPT TO:<nobody@example.org>
            C: RCPT TO:<bob@example.org>
            C: RCPT TO:<Alias+Lists.x@EXAMPLE.org>
            C: DATA
            S: 250 2.1.0 *
            S: 250 2.1.5 *
            S: 550 5.1.1 *
            S: 250 2.1.5 *
            S: 250 2.1.5 *
            S: 354 *
            C: Subject: hi
            C:
            C: ..one
            C: .
            S: 250 2.0.0 <ada@example.org> saved, id *
            S: 552 5.2.2 Mailbox is full
            S: 250 2.0.0 <Alias+Lists.x@EXAMPLE.org> saved, id *
            C: QUIT
            S: 221 2.0.0 Bye
            S!
            """);
        lmtp.Store.Arrivals.Count.ShouldBe(2);
        lmtp.Store.Intakes.ShouldBe(1);
        lmtp.Store.OpenIntakes.ShouldBe(0);
        lmtp.Store.LastSizeHint.ShouldBe(500);
        var arrivals = lmtp.Store.Arrivals.ToArray();
        arrivals.ShouldAllBe(arrival => arrival.Body == "Subject: hi\r\n\r\n.one\r\n" && arrival.ReversePath == "from@example.net");
        arrivals[1].Recipient.ShouldBe(new DeliveryRecipient("Alias+Lists.x@EXAMPLE.org", new AccountId(4), "ada@example.org", "Lists.x"));
        arrivals[0].Received.ShouldMatch(
            "^Received: from client\\.example\\.net \\(\\[127\\.0\\.0\\.1\\]\\)\r\n\tby mx\\.example\\.org with LMTP id [0-9a-z]{13};\r\n\tSun, 1 Mar 2026 12:00:00 \\+0000\r\n$");
    }

    [Fact]
    public async Task The_extensions_are_those_that_are_there()
    {
        await using var lmtp = await LmtpFixture.StartAsync(tls: true);
        using var client = await lmtp.Gateway.ConnectAsync();
        await client.PlayAsync("""
            S: 220 *
            C: LHLO [127.0.0.1]
            """);
        (await LmtpFixture.SkipExtensionsAsync(client)).ShouldBe(
        [
            "250-mx.example.org", "250-PIPELINING", "250-SIZE 65536", "250-8BITMIME", "250-SMTPUTF8", "250-CHUNKING", "250-BINARYMIME",
            "250-LIMITS RCPTMAX=1000", "250-STARTTLS", "250 ENHANCEDSTATUSCODES",
        ]);
    }

    [Theory]
    [InlineData("HELO x", "500 5.5.1 *")]
    [InlineData("EHLO x", "500 5.5.1 *")]
    [InlineData("LHLO", "501 5.5.4 *")]
    [InlineData("LHLO bad(name", "501 5.5.4 *")]
    [InlineData("XYZZY", "500 5.5.1 *")]
    [InlineData("", "500 5.5.1 *")]
    [InlineData("MAIL FROM:<a@b.example>", "503 5.5.1 *", false)]
    [InlineData("STARTTLS", "502 5.5.1 *")]
    [InlineData("RCPT TO:<ada@example.org>", "503 5.5.1 *")]
    [InlineData("DATA", "503 5.5.1 *")]
    [InlineData("NOOP whatever", "250 2.0.0 OK")]
    [InlineData("noop", "250 2.0.0 OK")]
    [InlineData("RSET", "250 2.0.0 OK")]
    [InlineData("RSET x", "501 5.5.4 *")]
    [InlineData("VRFY ada", "252 2.1.5 *")]
    [InlineData("VRFY", "501 5.5.4 *")]
    [InlineData("HELP", "214 2.0.0 *")]
    [InlineData("MAIL", "501 5.5.4 *")]
    [InlineData("MAIL FROM", "501 5.5.4 *")]
    [InlineData("MAIL FROM:", "501 5.1.7 *")]
    [InlineData("MAIL FROM:a@b.example", "501 5.1.7 *")]
    [InlineData("MAIL FROM:<a@b.example", "501 5.1.7 *")]
    [InlineData("mail from:<>", "250 2.1.0 *")]
    [InlineData("MAIL FROM: <a@b.example>", "250 2.1.0 *")]
    [InlineData("MAIL FROM:<a@b.example> SIZE=65536", "250 2.1.0 *")]
    [InlineData("MAIL FROM:<a@b.example> SIZE=65537", "552 5.3.4 *")]
    [InlineData("MAIL FROM:<a@b.example> SIZE=99999999999999999999", "552 5.3.4 *")]
    [InlineData("MAIL FROM:<a@b.example> SIZE=x", "501 5.5.4 *")]
    [InlineData("MAIL FROM:<a@b.example> SIZE=1 SIZE=1", "501 5.5.4 *")]
    [InlineData("MAIL FROM:<a@b.example> size=1 body=7bit smtputf8", "250 2.1.0 *")]
    [InlineData("MAIL FROM:<a@b.example> BODY=9BIT", "501 5.5.4 *")]
    [InlineData("MAIL FROM:<a@b.example> SMTPUTF8=1", "501 5.5.4 *")]
    [InlineData("MAIL FROM:<a@b.example> XSOMETHING=1", "555 5.5.4 *")]
    [InlineData("MAIL FROM:<a@b.example> =", "501 5.5.4 *")]
    [InlineData("MAIL FROM:<j\u00c3\u00b6rg@b.example>", "553 5.6.7 *")]
    [InlineData("MAIL FROM:<j\u00c3\u00b6rg@b.example> SMTPUTF8", "250 2.1.0 *")]
    public async Task A_command_alone_is_answered(string command, string reply, bool afterLhlo = true)
    {
        await using var lmtp = await LmtpFixture.StartAsync();
        using var client = afterLhlo ? await lmtp.ReadyAsync() : await lmtp.Gateway.ConnectAsync();
        if (!afterLhlo)
            await client.PlayAsync("S: 220 *");
        await client.PlayAsync($"""
            C: {command}
            S: {reply}
            C: NOOP
            S: 250 2.0.0 OK
            """);
    }

    [Theory]
    [InlineData("<ada@example.org> XSOMETHING=1", "555 5.5.4 *", "")]
    [InlineData("<>", "501 5.1.3 *", "")]
    [InlineData("ada@example.org", "501 5.1.3 *", "")]
    [InlineData("<ada@example.org>x", "501 5.1.3 *", "")]
    [InlineData("<broken@example.org>", "451 4.4.3 *", "")]
    [InlineData("<ada>", "550 5.1.1 *", "")]
    [InlineData("<ADA@example.org>", "250 2.1.5 *", "ada@example.org")]
    [InlineData("<@a.example,@b.example:ada@example.org>", "250 2.1.5 *", "ada@example.org")]
    [InlineData("<\"ada\"@example.org>", "250 2.1.5 *", "ada@example.org")]
    [InlineData("<\"odd name\"@example.org>", "250 2.1.5 *", "\"odd name\"@example.org")]
    [InlineData("<ada+a+b@example.org>", "250 2.1.5 *", "ada@example.org", "a+b")]
    [InlineData("<ada+@example.org>", "250 2.1.5 *", "ada@example.org", "")]
    [InlineData("<plus+name@example.org>", "250 2.1.5 *", "plus+name@example.org")]
    [InlineData("<ada+own@example.org>", "250 2.1.5 *", "ada+own@example.org")]
    [InlineData("<j\u00c3\u00b6rg@example.org>", "553 5.6.7 *", "")]
    public async Task A_recipient_is_looked_up_without_its_detail(string path, string reply, string primary, string? detail = null)
    {
        await using var lmtp = await LmtpFixture.StartAsync();
        using var client = await lmtp.ReadyAsync();
        await client.PlayAsync($"""
            C: MAIL FROM:<>
            C: RCPT TO:{path}
            C: BDAT 0 LAST
            S: 250 2.1.0 *
            S: {reply}
            S: {(primary.Length > 0 ? "250 2.0.0 *" : "503 5.5.1 *")}
            """);
        lmtp.Store.Arrivals.Select(arrival => (arrival.Recipient.PrimaryAddress, arrival.Recipient.Detail))
            .ShouldBe(primary.Length > 0 ? [(primary, detail)] : []);
    }

    [Fact]
    public async Task Utf8_addresses_work_with_smtputf8_and_are_named_in_the_trace()
    {
        await using var lmtp = await LmtpFixture.StartAsync();
        using var client = await lmtp.ReadyAsync();
        await client.PlayAsync("""
            C: MAIL FROM:<> SMTPUTF8
            C: RCPT TO:<jÃ¶rg@example.org>
            C: BDAT 3 LAST
            C. abc
            S: 250 2.1.0 *
            S: 250 2.1.5 *
            S: 250 2.0.0 <jÃ¶rg@example.org> saved, id *
            """);
        lmtp.Store.Arrivals.Single().Received.ShouldContain("with UTF8LMTP id ");
        lmtp.Store.Arrivals.Single().Received.ShouldContain("\r\n\tfor <j\u00c3\u00b6rg@example.org>;");
    }

    [Fact]
    public async Task A_default_domain_completes_bare_recipients()
    {
        await using var lmtp = await LmtpFixture.StartAsync(options => options.DefaultDomain = "example.org");
        using var client = await lmtp.ReadyAsync();
        await client.PlayAsync("""
            C: MAIL FROM:<>
            C: RCPT TO:<ada>
            S: 250 2.1.0 *
            S: 250 2.1.5 *
            """);
    }

    [Fact]
    public async Task A_transaction_begins_ends_and_is_forgotten_in_its_places()
    {
        await using var lmtp = await LmtpFixture.StartAsync();
        using var client = await lmtp.ReadyAsync();
        await client.PlayAsync("""
            C: MAIL FROM:<a@b.example>
            S: 250 2.1.0 *
            C: MAIL FROM:<a@b.example>
            S: 503 5.5.1 *
            C: DATA
            S: 503 5.5.1 No valid recipients
            C: RSET
            S: 250 2.0.0 OK
            C: RCPT TO:<ada@example.org>
            S: 503 5.5.1 *
            C: MAIL FROM:<a@b.example>
            C: RCPT TO:<ada@example.org>
            C: DATA x
            S: 250 2.1.0 *
            S: 250 2.1.5 *
            S: 501 5.5.4 *
            C: DATA
            S: 354 *
            C: .
            S: 250 2.0.0 *
            C: DATA
            S: 503 5.5.1 *
            C: MAIL FROM:<a@b.example>
            C: LHLO again.example
            S: 250 2.1.0 *
            """);
        await LmtpFixture.SkipExtensionsAsync(client);
        await client.PlayAsync("""
            C: RCPT TO:<ada@example.org>
            S: 503 5.5.1 *
            """);
        lmtp.Store.Arrivals.Single().Body.ShouldBe("");
    }

    [Fact]
    public async Task Recipients_beyond_the_limit_are_put_off()
    {
        await using var lmtp = await LmtpFixture.StartAsync(options => options.MaxRecipients = 100);
        using var client = await lmtp.ReadyAsync();
        var batch = new StringBuilder("C: MAIL FROM:<>\n");
        for (var i = 0; i < 102; i++)
            batch.Append("C: RCPT TO:<ada@example.org>\n");
        batch.Append("C: DATA\nS: 250 2.1.0 *\n").Insert(batch.Length, "S: 250 2.1.5 *\n", 100).Insert(batch.Length, "S: 452 4.5.3 *\n", 2);
        batch.Append("S: 354 *\nC: .\n").Insert(batch.Length, "S: 250 2.0.0 *\n", 100);
        await client.PlayAsync(batch.ToString());
    }

    [Theory]
    [InlineData(MailErrorCode.OverQuota, "552 5.2.2")]
    [InlineData(MailErrorCode.Limit, "452 4.2.2")]
    [InlineData(MailErrorCode.Unavailable, "451 4.3.0")]
    [InlineData(MailErrorCode.NonExistent, "550 5.1.1")]
    [InlineData(MailErrorCode.NoPerm, "550 5.7.1")]
    [InlineData(MailErrorCode.TooBig, "552 5.3.4")]
    [InlineData(MailErrorCode.ServerBug, "451 4.3.0")]
    public async Task A_failed_delivery_says_why_in_one_line(MailErrorCode code, string reply)
    {
        await using var lmtp = await LmtpFixture.StartAsync();
        lmtp.Store.Verdict = _ => new MailError(code, "first\r\n250 injected \u00e9");
        using var client = await lmtp.ReadyAsync();
        await client.PlayAsync($"""
            C: MAIL FROM:<>
            C: RCPT TO:<ada@example.org>
            C: BDAT 0 LAST
            S: 250 2.1.0 *
            S: 250 2.1.5 *
            S: {reply} *
            C: NOOP
            S: 250 2.0.0 OK
            """);
    }

    [Fact]
    public async Task A_full_mailbox_can_be_made_a_temporary_failure()
    {
        await using var lmtp = await LmtpFixture.StartAsync(options => options.QuotaFullTempfail = true);
        lmtp.Store.Verdict = _ => new MailError(MailErrorCode.OverQuota, "Quota exceeded");
        using var client = await lmtp.ReadyAsync();
        await client.PlayAsync("""
            C: MAIL FROM:<>
            C: RCPT TO:<ada@example.org>
            C: BDAT 0 LAST
            S: 250 2.1.0 *
            S: 250 2.1.5 *
            S: 452 4.2.2 Quota exceeded
            """);
    }

    [Fact]
    public async Task Staging_that_fails_answers_each_recipient_and_the_session_goes_on()
    {
        await using var lmtp = await LmtpFixture.StartAsync();
        using var client = await lmtp.ReadyAsync();
        const string transaction = """
            C: MAIL FROM:<>
            C: RCPT TO:<ada@example.org>
            C: RCPT TO:<bob@example.org>
            C: DATA
            S: 250 2.1.0 *
            S: 250 2.1.5 *
            S: 250 2.1.5 *
            S: 354 *
            C: text
            C: .

            """;
        lmtp.Store.StagingError = MailError.Unavailable("Staging is full");
        await client.PlayAsync(transaction + "S: 452 4.3.1 Staging is full\nS: 452 4.3.1 Staging is full");
        lmtp.Store.StagingError = null;
        lmtp.Store.ThrowOnWrite = true;
        await client.PlayAsync(transaction + "S: 451 4.3.0 *\nS: 451 4.3.0 *");
        lmtp.Store.ThrowOnWrite = false;
        lmtp.Store.Verdict = _ => throw new InvalidOperationException("a bug");
        await client.PlayAsync(transaction + "S: 451 4.3.0 *\nS: 451 4.3.0 *");
        lmtp.Store.Verdict = _ => null;
        await client.PlayAsync(transaction + "S: 250 2.0.0 *\nS: 250 2.0.0 *");
        lmtp.Store.OpenIntakes.ShouldBe(0);
    }

    [Fact]
    public async Task A_message_over_the_limit_is_drained_and_refused()
    {
        await using var lmtp = await LmtpFixture.StartAsync();
        using var client = await lmtp.ReadyAsync();
        await client.PlayAsync("""
            C: MAIL FROM:<>
            C: RCPT TO:<ada@example.org>
            C: DATA
            S: 250 2.1.0 *
            S: 250 2.1.5 *
            S: 354 *
            """);
        for (var i = 0; i < 300; i++)
            await client.SendAsync(new string('x', 998) + "\r\n");
        await client.PlayAsync("""
            C: .
            S: 552 5.3.4 *
            C: MAIL FROM:<>
            C: RCPT TO:<ada@example.org>
            C: BDAT 5
            C. 12345
            S: 250 2.1.0 *
            S: 250 2.1.5 *
            S: 250 2.0.0 5 bytes received
            """);
        await client.SendAsync("BDAT 70000\r\n" + new string('x', 70_000));
        await client.PlayAsync("""
            S: 552 5.3.4 *
            C: BDAT 2 LAST
            C. ok
            S: 552 5.3.4 *
            C: NOOP
            S: 250 2.0.0 OK
            """);
        lmtp.Store.Arrivals.ShouldBeEmpty();
        lmtp.Store.OpenIntakes.ShouldBe(0);
    }

    [Fact]
    public async Task Loops_are_refused_for_the_recipients_they_concern()
    {
        await using var lmtp = await LmtpFixture.StartAsync(options => options.MaxReceived = 10);
        using var client = await lmtp.ReadyAsync();
        await client.PlayAsync("""
            C: MAIL FROM:<>
            C: RCPT TO:<ada@example.org>
            C: RCPT TO:<ada+x@example.org>
            C: RCPT TO:<bob@example.org>
            C: DATA
            S: 250 2.1.0 *
            S: 250 2.1.5 *
            S: 250 2.1.5 *
            S: 250 2.1.5 *
            S: 354 *
            C: Subject: x
            C: delivered-to: <ADA@example.org>
            C: Delivered-To: ada+x@example.org
            C:
            C: Delivered-To: bob@example.org
            C: .
            S: 554 5.4.6 *
            S: 554 5.4.6 *
            S: 250 2.0.0 <bob@example.org> *
            C: MAIL FROM:<>
            C: RCPT TO:<ada@example.org>
            C: DATA
            S: 250 2.1.0 *
            S: 250 2.1.5 *
            S: 354 *
            """);
        await client.SendAsync(string.Concat(Enumerable.Repeat("Received: from a\r\n\tby b\r\n", 11)));
        await client.PlayAsync("""
            C: .
            S: 554 5.4.6 *
            """);
        lmtp.Store.Arrivals.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Nothing_is_acknowledged_before_the_delivery_is_over_and_a_slow_one_is_put_off()
    {
        await using var lmtp = await LmtpFixture.StartAsync(options => options.DeliveryTimeout = TimeSpan.FromSeconds(1));
        lmtp.Store.Gate = new TaskCompletionSource().Task;
        using var client = await lmtp.ReadyAsync();
        await client.PlayAsync("""
            C: MAIL FROM:<>
            C: RCPT TO:<ada@example.org>
            C: BDAT 0 LAST
            S: 250 2.1.0 *
            S: 250 2.1.5 *
            S: 451 4.3.0 *
            """);
        lmtp.Store.OpenIntakes.ShouldBe(0);
    }

    [Fact]
    public async Task Too_many_errors_end_the_session()
    {
        await using var lmtp = await LmtpFixture.StartAsync(options => options.MaxErrors = 3);
        using var client = await lmtp.ReadyAsync();
        await client.PlayAsync("""
            C: MAIL FROM:<>
            C: RCPT TO:<nobody@example.org>
            C: RCPT TO:<nobody@example.org>
            C: RCPT TO:<nobody@example.org>
            C: FOO
            C: BAR
            C: BAZ
            C: NOOP
            S: 250 *
            S: 550 *
            S: 550 *
            S: 550 *
            S: 500 *
            S: 500 *
            S: 500 *
            S: 421 4.7.0 *
            S!
            """);
    }

    [Fact]
    public async Task Lines_have_a_limit()
    {
        await using var lmtp = await LmtpFixture.StartAsync();
        using var client = await lmtp.ReadyAsync();
        await client.PlayAsync($"""
            C: NOOP {new string('x', 10_000)}
            C: NOOP
            S: 500 5.5.2 *
            S: 250 *
            """);
        await client.SendAsync(new string('x', 400_000));
        await client.PlayAsync("S: 421 *");
    }

    [Fact]
    public async Task Silence_is_ended_with_421()
    {
        var time = new ManualTime();
        await using var lmtp = await LmtpFixture.StartAsync(time: time, connections: new ConnectionOptions { WriteTimeout = TimeSpan.FromDays(1) }); // the clock leaps
        using var idle = await lmtp.ReadyAsync();
        using var inData = await lmtp.ReadyAsync();
        await inData.PlayAsync("""
            C: MAIL FROM:<>
            C: RCPT TO:<ada@example.org>
            C: DATA
            S: 250 *
            S: 250 *
            S: 354 *
            C. half a mess
            """);
        await Wait.UntilAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMinutes(10));
                lmtp.Gateway.Listeners.Deadlines.Tick();
                return lmtp.Gateway.Listeners.OpenConnections == 0;
            },
            "the end of both sessions");
        await idle.PlayAsync("S: 421 4.4.2 *");
        await inData.PlayAsync("S: 421 4.4.2 *");
        lmtp.Store.Arrivals.ShouldBeEmpty();
        lmtp.Store.OpenIntakes.ShouldBe(0);
    }

    [Fact]
    public async Task A_client_that_leaves_in_the_middle_of_a_message_leaves_nothing()
    {
        await using var lmtp = await LmtpFixture.StartAsync();
        foreach (var body in new[] { "DATA\r\nhalf", "BDAT 100\r\nhalf", "BDAT 4\r\nhalf" })
        {
            using var client = await lmtp.ReadyAsync();
            await client.SendAsync("MAIL FROM:<>\r\nRCPT TO:<ada@example.org>\r\n" + body);
            await client.PlayAsync("""
                S: 250 *
                S: 250 *
                """);
        }

        await Wait.UntilAsync(() => lmtp.Gateway.Listeners.OpenConnections == 0, "the sessions' end");
        lmtp.Store.Arrivals.ShouldBeEmpty();
        lmtp.Store.OpenIntakes.ShouldBe(0);
    }

    [Fact]
    public async Task Draining_lets_the_transaction_end_and_says_421()
    {
        await using var lmtp = await LmtpFixture.StartAsync();
        using var idle = await lmtp.ReadyAsync();
        using var busy = await lmtp.ReadyAsync();
        await busy.PlayAsync("""
            C: MAIL FROM:<>
            C: RCPT TO:<ada@example.org>
            C: DATA
            S: 250 *
            S: 250 *
            S: 354 *
            C: text
            """);
        var drain = lmtp.Gateway.Listeners.Drain.BeginAsync(Wait.Deadline, CancellationToken.None);
        await idle.PlayAsync("""
            S: 421 4.3.2 *
            S!
            """);
        using (var late = await lmtp.Gateway.ConnectAsync())
            await late.PlayAsync("S: 421 4.3.2 *");
        await busy.PlayAsync("""
            C: .
            C: MAIL FROM:<>
            S: 250 2.0.0 <ada@example.org> *
            S: 421 4.3.2 *
            S!
            """);
        (await drain).ShouldBe(0);
        lmtp.Store.Arrivals.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Hosts_outside_the_trusted_networks_are_refused()
    {
        await using var lmtp = await LmtpFixture.StartAsync(options => options.TrustedNetworks = ["10.0.0.0/8"]);
        using var client = await lmtp.Gateway.ConnectAsync();
        await client.PlayAsync("""
            S: 554 5.7.1 *
            S!
            """);
    }
}
