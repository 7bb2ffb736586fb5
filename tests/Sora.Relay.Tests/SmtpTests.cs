using System.Text;
using Sora.Contracts;
using Sora.Testing;
using static Sora.Relay.Tests.RelayFixture;

namespace Sora.Relay.Tests;

/// <summary>The client's side of SMTP, seen from the server.</summary>
public sealed class SmtpTests
{
    [Fact]
    public async Task A_message_arrives_as_it_was_queued()
    {
        await using var peer = new SmtpPeer();
        await using var fixture = await RelayFixture.StartAsync(peer);
        const string text = "Subject: dots\r\n\r\n.\r\n..\r\n.a\r\na.\r\n\r\nlast\r\n";
        await fixture.EnqueueAsync(Request("op", text) with { Kind = RelayKind.Notify });
        fixture.Work();
        await fixture.EmptyAsync();
        var received = peer.Messages.ShouldHaveSingleItem();
        received.Text.ShouldBe(text);
        received.Mail.ShouldBe("MAIL FROM:<a@example.org> SIZE=" + text.Length);
        received.Recipients.ShouldBe(["RCPT TO:<b@example.net>"]);
        peer.Commands.First().ShouldBe("EHLO sora.example.org");
        peer.Violations.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Subject: x\n\na\nb\n", "Subject: x\r\n\r\na\r\nb\r\n")]
    [InlineData("Subject: x\r\n\r\na\rb\r\n", "Subject: x\r\n\r\na\r\nb\r\n")]
    [InlineData("Subject: x\r\n\r\nno end", "Subject: x\r\n\r\nno end\r\n")]
    [InlineData("Subject: x\r\n\r\nevil\n.\r\nMAIL FROM:<x@y.z>\r\n", "Subject: x\r\n\r\nevil\r\n.\r\nMAIL FROM:<x@y.z>\r\n")]
    [InlineData("Subject: x\r\n\r\nevil\r\n.\nMAIL FROM:<x@y.z>\r\n", "Subject: x\r\n\r\nevil\r\n.\r\nMAIL FROM:<x@y.z>\r\n")]
    [InlineData("Subject: x\r\n\r\nevil\r.\rQUIT\r", "Subject: x\r\n\r\nevil\r\n.\r\nQUIT\r\n")]
    [InlineData("Subject: x\r\n\r\n\r\r\n", "Subject: x\r\n\r\n\r\n\r\n")]
    public async Task No_line_of_a_message_can_end_it(string message, string expected)
    {
        await using var peer = new SmtpPeer();
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request("op", message) with { Kind = RelayKind.Notify });
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.ShouldHaveSingleItem().Text.ShouldBe(expected);
        peer.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_long_message_comes_in_pieces_whatever_stands_where_they_meet()
    {
        await using var peer = new SmtpPeer();
        await using var fixture = await RelayFixture.StartAsync(peer);
        var text = new StringBuilder("Subject: long\r\n\r\n");
        var random = new Random(3);
        while (text.Length < 3_000_000)
            text.Append(random.Next(4) == 0 ? "." : "").Append('x', random.Next(70)).Append("\r\n");
        await fixture.EnqueueAsync(Request("op", text.ToString()) with { Kind = RelayKind.Notify });
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.ShouldHaveSingleItem().Text.ShouldBe(text.ToString());
        peer.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task Parameters_go_to_a_server_that_knows_them()
    {
        await using var peer = new SmtpPeer { Extensions = ["DSN", "8BITMIME", "SMTPUTF8", "DELIVERBY 60"] };
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request("op", "Subject: \u00FC\r\n\r\n\u00FC\r\n") with
        {
            Recipients = [new("b@example.net", "SUCCESS,DELAY", "rfc822;x+2By@example.net"), new("c\u00FC@example.net", "NEVER"), new("d@example.net")],
            Return = "HDRS",
            EnvelopeId = "abc+3D",
            DeliverBy = new RelayDeliverBy(DateTimeOffset.UtcNow.AddSeconds(1000.5), IsReturn: true, IsTrace: true),
        });
        fixture.Work();
        await fixture.EmptyAsync();
        var received = peer.Messages.First();
        received.Mail.ShouldMatch("^MAIL FROM:<a@example.org> BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=abc\\+3D BY=(9[0-9][0-9]|1000);RT$");
        received.Recipients.ShouldBe(
        [
            "RCPT TO:<b@example.net> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x+2By@example.net", "RCPT TO:<c\u00FC@example.net> NOTIFY=NEVER", "RCPT TO:<d@example.net>",
        ]);
        peer.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_server_that_knows_HELO_only_gets_no_parameters()
    {
        await using var peer = new SmtpPeer { Extensions = [] };
        peer.Always("EHLO", "502 5.5.1 what?");
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request("op", "Subject: \u00FC\r\n\r\nx\r\n") with
        {
            Kind = RelayKind.Notify,
            Recipients = [new("b@example.net", "FAILURE", "rfc822;b@example.net")],
            Return = "HDRS",
            EnvelopeId = "abc",
        });
        fixture.Work();
        await fixture.EmptyAsync();
        var received = peer.Messages.ShouldHaveSingleItem();
        received.Mail.ShouldBe("MAIL FROM:<a@example.org>");
        received.Recipients.ShouldBe(["RCPT TO:<b@example.net>"]);
        peer.Commands.Take(2).ShouldBe(["EHLO sora.example.org", "HELO sora.example.org"]);
        peer.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_reports_at_the_server_those_who_want_none_get_the_message_without_a_sender()
    {
        await using var peer = new SmtpPeer { Extensions = [] };
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request() with { Recipients = [new("b@example.net"), new("c@example.net", "NEVER"), new("d@example.net", "FAILURE")] });
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.Select(message => (message.Mail, string.Join(' ', message.Recipients))).ShouldBe(
            [("MAIL FROM:<a@example.org>", "RCPT TO:<b@example.net> RCPT TO:<d@example.net>"), ("MAIL FROM:<>", "RCPT TO:<c@example.net>")], ignoreOrder: true);
    }

    [Fact]
    public async Task A_domain_that_is_not_ASCII_has_a_form_for_old_servers()
    {
        await using var peer = new SmtpPeer { Extensions = ["8BITMIME"] };
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request("op", recipients: "b@b\u00FCcher.example") with { Sender = "a@b\u00FCcher.example" });
        fixture.Work();
        await fixture.EmptyAsync();
        var received = peer.Messages.ShouldHaveSingleItem();
        (received.Mail, received.Recipients.Single()).ShouldBe(("MAIL FROM:<a@xn--bcher-kva.example>", "RCPT TO:<b@xn--bcher-kva.example>"));
    }

    [Fact]
    public async Task Pipelined_commands_come_together_and_many_recipients_do_not_block()
    {
        await using var peer = new SmtpPeer();
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.RecipientsPerTransaction = 1000;
        var recipients = Enumerable.Range(0, 700).Select(i => $"user{i}.{new string('x', 40)}@example.net").ToArray();
        await fixture.EnqueueAsync(Request("op", recipients: recipients));
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.ShouldHaveSingleItem().Recipients.Select(line => line["RCPT TO:<".Length..^1]).ShouldBe(recipients);
        peer.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task Each_recipient_hears_of_its_own()
    {
        await using var peer = new SmtpPeer();
        peer.Always("RCPT TO:<bad@", "550-5.1.1 no such\r\n550 5.1.1 user");
        peer.On("RCPT TO:<later@", "451 4.7.1 come back", "451 4.7.1 come back");
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request("op", recipients: ["good@example.net", "bad@example.net", "later@example.net"]) with { Sender = "" });
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.Select(message => message.Recipients.Single()).ShouldBe(["RCPT TO:<good@example.net>", "RCPT TO:<later@example.net>"]);
        peer.Commands.Count(command => command.StartsWith("RCPT TO:<later", StringComparison.Ordinal)).ShouldBe(3);
        peer.Commands.Count(command => command.StartsWith("RCPT TO:<bad", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Theory]
    [InlineData("452 4.5.3 too many")]
    [InlineData("552 too many recipients")]
    public async Task Recipients_that_are_too_many_get_the_message_in_another_transaction(string answer)
    {
        await using var peer = new SmtpPeer();
        peer.On("RCPT TO:<c@", answer);
        peer.On("RCPT TO:<d@", answer);
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.Retry = fixture.Options.RetryMax = TimeSpan.FromHours(1);
        await fixture.EnqueueAsync(Request("op", recipients: ["b@example.net", "c@example.net", "d@example.net"]));
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.Select(message => message.Recipients.Count).ShouldBe([1, 2]);
        peer.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task Data_may_be_asked_for_although_nobody_gets_it()
    {
        await using var peer = new SmtpPeer { Final = _ => ["554 5.5.1 no valid recipients"] };
        peer.Always("RCPT TO:<bad@", "550 5.1.1 no");
        peer.On("DATA", "354 go on");
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request("1", recipients: "bad@example.net") with { Sender = "" });
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.ShouldBeEmpty();

        // The connection is in step: the next message goes over it
        peer.Final = null;
        await fixture.EnqueueAsync(Request("2") with { Kind = RelayKind.Notify });
        await fixture.EmptyAsync();
        peer.Messages.ShouldHaveSingleItem().Text.ShouldBe("Subject: hello\r\n\r\ntext\r\n");
        peer.Connections.ShouldBe(1);
        peer.Violations.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("MAIL", "550 5.7.1 not you")]
    [InlineData("DATA", "554 5.6.0 no")]
    [InlineData(".", "554 5.7.1 spam")]
    public async Task A_permanent_refusal_is_final(string where, string answer)
    {
        await using var peer = new SmtpPeer();
        if (where == ".")
            peer.Final = _ => [answer];
        else
            peer.Always(where, answer);
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request() with { Sender = "" });
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.ShouldBeEmpty();
        peer.Commands.Count(command => command.StartsWith("MAIL", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Theory]
    [InlineData("MAIL", "450 4.7.1 slow down")]
    [InlineData("MAIL", "530 5.7.0 log in")]
    [InlineData("MAIL", "421 4.3.2 closing")]
    [InlineData("RCPT", "421 4.3.2 closing")]
    [InlineData("DATA", "451 4.3.0 later")]
    [InlineData("DATA", "close")]
    [InlineData(".", "452 4.3.1 no space")]
    [InlineData(".", "close")]
    [InlineData("MAIL", "nonsense")]
    [InlineData("MAIL", "250-one\r\n451 two")]
    [InlineData("EHLO", "421 4.3.2 closing")]
    [InlineData("EHLO", "451 4.3.0 later")]
    public async Task What_may_pass_is_tried_again(string where, string answer)
    {
        await using var peer = new SmtpPeer();
        var times = 0;
        if (where == ".")
            peer.Final = _ => [Interlocked.Increment(ref times) == 1 ? answer : "250 2.0.0 ok"];
        else
            peer.On(where, answer);
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request());
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("554 5.3.2 no service here")]
    [InlineData("421 4.3.2 too busy")]
    [InlineData("hello")]
    public async Task A_host_that_does_not_serve_is_no_fault_of_the_message(string greeting)
    {
        await using var peer = new SmtpPeer { Greeting = greeting };
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request());
        fixture.Work();
        await Eventually.WaitAsync(() => peer.Connections > 2);
        (await fixture.ScalarAsync<string>("SELECT reply_status FROM relay_recipients")).ShouldStartWith("4.");
        peer.Greeting = "220 open now";
        await fixture.EmptyAsync();
        peer.Messages.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_connection_serves_many_messages_and_a_new_one_takes_its_place()
    {
        await using var peer = new SmtpPeer();
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.Parallelism = 1;
        fixture.Options.MessagesPerConnection = 5;
        for (var i = 0; i < 20; i++)
            await fixture.EnqueueAsync(Request($"{i}"));
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.Count.ShouldBe(20);
        peer.Connections.ShouldBe(4);
        peer.Commands.Count(command => command == "QUIT").ShouldBeInRange(3, 4);
    }

    [Fact]
    public async Task A_connection_that_the_server_closed_while_it_was_idle_costs_nothing()
    {
        await using var peer = new SmtpPeer();
        peer.On("MAIL FROM:<second@", "421 4.4.2 idle for too long");
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.Retry = fixture.Options.RetryMax = fixture.Options.HostRetry = fixture.Options.HostRetryMax = TimeSpan.FromHours(1);
        fixture.Work();
        await fixture.EnqueueAsync(Request("1"));
        await fixture.EmptyAsync();
        await fixture.EnqueueAsync(Request("2") with { Sender = "second@example.org" });
        await fixture.EmptyAsync();
        peer.Messages.Count.ShouldBe(2);
        peer.Connections.ShouldBe(2);
    }

    [Fact]
    public async Task A_refused_message_leaves_a_connection_in_order()
    {
        await using var peer = new SmtpPeer();
        peer.Always("RCPT TO:<bad@", "550 5.1.1 no");
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.Parallelism = 1;
        await fixture.EnqueueAsync(Request("1", recipients: "bad@example.net") with { Sender = "" });
        await fixture.EnqueueAsync(Request("2"));
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.ShouldHaveSingleItem();
        peer.Connections.ShouldBe(1);
        peer.Commands.ShouldContain("RSET");
    }

    [Theory]
    [InlineData(5000)]
    [InlineData(100_000)]
    public async Task A_reply_has_limits(int length)
    {
        await using var peer = new SmtpPeer { Extensions = [] };
        var lines = length == 5000 ? [new string('x', length)] : Enumerable.Repeat(new string('x', 1000), length / 1000);
        peer.On("MAIL", string.Concat(lines.Select(line => $"250-{line}\r\n")) + "250 end");
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request());
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.ShouldHaveSingleItem();
        peer.Connections.ShouldBe(2);
    }

    [Theory]
    [InlineData("greeting")]
    [InlineData("EHLO")]
    [InlineData("MAIL")]
    [InlineData("RCPT")]
    [InlineData("DATA")]
    [InlineData(".")]
    public async Task Silence_has_limits(string where)
    {
        await using var peer = new SmtpPeer { Extensions = [] };
        var silent = true;
        if (where == "greeting")
            peer.Greeting = "";
        else if (where == ".")
            peer.Final = _ => [silent ? "" : "250 ok"];
        else
            peer.Rules.Add(line => silent && line.StartsWith(where, StringComparison.Ordinal) ? "" : null);
        await using var fixture = await RelayFixture.StartAsync(peer);
        var timeouts = fixture.Options.Timeouts;
        timeouts.Greeting = timeouts.Command = timeouts.Data = timeouts.Final = TimeSpan.FromMilliseconds(300);
        await fixture.EnqueueAsync(Request());
        fixture.Work();
        await Eventually.WaitAsync(async () => await fixture.ScalarAsync<long>("SELECT count(*) FROM relay_recipients WHERE reply_text = 'no answer in time'") == 1);

        // An answer that is late now would be a message that is sent twice
        timeouts.Greeting = timeouts.Command = timeouts.Data = timeouts.Final = TimeSpan.FromMinutes(1);
        silent = false;
        peer.Greeting = "220 back";
        await fixture.EmptyAsync();
        peer.Messages.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_message_larger_than_the_server_takes_is_not_sent()
    {
        await using var peer = new SmtpPeer { Extensions = ["SIZE 1000"] };
        await using var fixture = await RelayFixture.StartAsync(peer);
        await fixture.EnqueueAsync(Request("op", "Subject: x\r\n\r\n" + new string('x', 2000)) with { Sender = "" });
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.ShouldBeEmpty();
        peer.Commands.ShouldNotContain(command => command.StartsWith("MAIL", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LMTP_has_an_answer_for_each_recipient()
    {
        await using var peer = new SmtpPeer { IsLmtp = true, Final = message => message.Recipients.Select(line => line.Contains("<b@", StringComparison.Ordinal) ? "451 4.2.0 later" : "250 2.1.5 ok") };
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.Protocol = RelayProtocol.Lmtp;
        await fixture.EnqueueAsync(Request("op", recipients: ["b@example.net", "c@example.net", "d@example.net"]));
        fixture.Work();
        await Eventually.WaitAsync(() => peer.Messages.Count == 2);
        peer.Final = null;
        await fixture.EmptyAsync();
        peer.Messages.SelectMany(message => message.Recipients).ShouldBe(["RCPT TO:<c@example.net>", "RCPT TO:<d@example.net>", "RCPT TO:<b@example.net>"]);
        peer.Commands.First().ShouldBe("LHLO sora.example.org");
    }
}
