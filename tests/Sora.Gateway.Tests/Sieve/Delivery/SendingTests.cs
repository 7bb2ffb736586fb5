using Sora.Contracts;
using Sora.Gateway.Sieve;

namespace Sora.Gateway.Tests.Sieve.Delivery;

/// <summary>redirect, vacation, reject, ereject, notify, fcc: what is in the relay's queue before the client hears 250.</summary>
[Collection("sieve delivery")]
public sealed class SendingTests(DeliveryFixture fixture)
{
    [Fact]
    public async Task A_redirect_is_the_message_unchanged_behind_trace_fields_that_end_a_circle()
    {
        var user = await fixture.UserAsync("redirect \"else@example.org\";");
        var message = user.Message(more: "Return-Path: <before@example.org>\r\n", body: "one\r\n.two\r\n");
        await user.TakeAsync(message);
        (await user.PlacesAsync()).ShouldBe("");
        var sent = user.Relayed.ShouldHaveSingleItem();
        (sent.Request.Kind, sent.Request.Sender, sent.To, sent.Status).ShouldBe((RelayKind.Redirect, "ada@example.net", "else@example.org", RelayStatus.Queued));
        sent.Text.ShouldStartWith($"Delivered-To: {user.Address}\r\nReceived: from client.example.net ");
        sent.Text.ShouldEndWith(message);
        sent.Field("Return-Path").ShouldBe(["<before@example.org>"]);

        // The same message once more sends nothing; when it comes back, it is in a loop
        await user.TakeAsync(message);
        user.Relayed.Select(static one => one.Status).ShouldBe([RelayStatus.Queued, RelayStatus.AlreadyQueued]);
        (await user.DeliverAsync(sent.Text)).ShouldStartWith("554 5.4.6 ");
        user.Relayed.Count.ShouldBe(2);

        // Another one is another one
        await user.TakeAsync();
        user.Relayed[2].Status.ShouldBe(RelayStatus.Queued);
    }

    [Fact]
    public async Task A_large_message_is_sent_on_from_the_file_that_it_is_staged_in()
    {
        var user = await fixture.UserAsync("require \"copy\"; redirect :copy \"else@example.org\";");
        var message = user.Message(body: string.Concat(Enumerable.Repeat("a line of text that is not short\r\n", 60_000)));
        await user.TakeAsync(message);
        user.Relayed.ShouldHaveSingleItem().Text.ShouldEndWith(message);
        (await user.MessagesAsync("INBOX"))!.ShouldHaveSingleItem().Text.ShouldEndWith(message);
    }

    [Fact]
    public async Task A_changed_message_is_sent_on_changed()
    {
        var user = await fixture.UserAsync("require [\"editheader\", \"copy\"]; redirect :copy \"as-it-came@example.org\"; addheader \"X-New\" \"value\"; redirect \"changed@example.org\";");
        await user.TakeAsync();
        user.Relayed.Select(static one => one.To).ShouldBe(["as-it-came@example.org", "changed@example.org"]);
        user.Relayed[0].Field("X-New").ShouldBeEmpty();
        user.Relayed[1].Field("X-New").ShouldBe(["value"]);
        user.Relayed[1].Field("Return-Path").ShouldBeEmpty();
        user.Relayed[1].Field("Delivered-To").ShouldBe([user.Address]);
        user.Relayed[1].Text.ShouldEndWith("\r\n\r\ntext\r\n");
    }

    [Theory]
    [InlineData(RedirectSender.Sender, "<ada@example.net>", "ada@example.net")]
    [InlineData(RedirectSender.Sender, "<>", "")]
    [InlineData(RedirectSender.Recipient, "<ada@example.net>", "USER")]
    [InlineData(RedirectSender.Recipient, "<>", "")]
    [InlineData(RedirectSender.Null, "<ada@example.net>", "")]
    public async Task A_redirect_leaves_with_the_sender_that_the_operator_wants(RedirectSender sender, string from, string expected)
    {
        await using var gateway = await fixture.StartAsync(options: new SieveDeliveryOptions { RedirectSender = sender });
        var user = await fixture.UserAsync("redirect \"else@example.org\";");
        await user.TakeAsync(from: from, gateway: gateway);
        user.Relayed.ShouldHaveSingleItem().Request.Sender.ShouldBe(expected == "USER" ? user.Address : expected);
    }

    [Fact]
    public async Task A_redirect_has_its_DSN_parameters()
    {
        var user = await fixture.UserAsync(
            "require [\"redirect-dsn\", \"redirect-deliverby\"]; redirect :notify \"FAILURE,DELAY\" :ret \"HDRS\" :bytimerelative 3600 :bymode \"return\" \"else@example.org\";");
        await user.TakeAsync();
        var request = user.Relayed.ShouldHaveSingleItem().Request;
        (request.Recipients[0].Notify, request.Return, request.Sender).ShouldBe(("FAILURE,DELAY", "HDRS", user.Address));
        (request.DeliverBy!.Time - TimeProvider.System.GetUtcNow()).ShouldBeInRange(TimeSpan.FromMinutes(50), TimeSpan.FromHours(1));
        (request.DeliverBy.IsReturn, request.DeliverBy.IsTrace).ShouldBe((true, false));
        await user.TakeAsync(from: "<>");
        user.Relayed[1].Request.Sender.ShouldBe("");
    }

    [Theory]
    [InlineData(RelayStatus.NotConfigured)]
    [InlineData(RelayStatus.RateLimited)]
    [InlineData(RelayStatus.TooLarge)]
    [InlineData(RelayStatus.Invalid)]
    public async Task A_redirect_that_is_not_taken_keeps_the_message_and_its_owner_is_told(RelayStatus status)
    {
        var user = await fixture.UserAsync("require \"fileinto\";\r\nfileinto \"Archive\";\r\nredirect \"else@example.org\";\r\n");
        fixture.Relay.Answers[user.Account.Id] = status;
        await user.TakeAsync();
        (await user.PlacesAsync()).ShouldBe("INBOX 1, Archive 1");
        (await user.LogAsync()).ShouldHaveSingleItem().ShouldStartWith("main:3 redirect to else@example.org: ");
    }

    // Each recipient's mail leaves once, whatever happens to that of others
    [Fact]
    public async Task Scripts_of_many_recipients_of_one_message_send()
    {
        var users = new List<ScriptUser>();
        for (var i = 0; i < 20; i++)
            users.Add(await fixture.UserAsync($"require [\"vacation\", \"copy\", \"editheader\"]; addheader \"X-Of\" \"{i}\"; redirect :copy \"{i}@else.example\"; vacation :addresses \"many@example.com\" \"away {i}\";"));
        fixture.Relay.Failing.TryAdd("7@else.example", true);
        var message = $"From: Ada <ada@example.net>\r\nTo: many@example.com\r\nMessage-ID: <{Guid.NewGuid():N}@example.net>\r\n\r\ntext\r\n";

        // A user may be there twice
        var addresses = users.Select(static user => user.Address).Append(users[0].Address.Replace("@", "+more@", StringComparison.Ordinal)).ToList();
        var replies = await fixture.DeliverAsync(message, addresses);
        for (var i = 0; i < users.Count; i++)
        {
            replies[i].ShouldStartWith(i == 7 ? "451 " : "250 2.0.0 ");
            (await users[i].PlacesAsync()).ShouldBe(i == 7 ? "" : "INBOX 1");
            var sent = users[i].Relayed.Where(static one => one.Status == RelayStatus.Queued).ToList();
            sent.Select(static one => one.To).ShouldBe(i == 7 ? [] : [$"{i}@else.example", "ada@example.net"]);
            if (i == 7)
                continue;
            sent[0].Field("X-Of").ShouldBe([$"{i}"]);
            sent[1].Text.ShouldContain($"away {i}");
        }

        replies[^1].ShouldStartWith("250 2.0.0 ");
    }

    [Fact]
    public async Task A_full_queue_makes_the_message_come_again()
    {
        var user = await fixture.UserAsync("redirect \"else@example.org\";");
        fixture.Relay.Answers[user.Account.Id] = RelayStatus.QueueFull;
        (await user.DeliverAsync()).ShouldStartWith("451 ");
        (await user.PlacesAsync()).ShouldBe("");
        (await user.LogAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_redirect_to_oneself_is_a_keep()
    {
        var user = await fixture.UserAsync();
        await user.ActivateAsync($"redirect \"{user.Address.ToUpperInvariant()}\";");
        await user.TakeAsync();
        await user.ActivateAsync($"redirect \"{await user.AddAliasAsync()}\";");
        await user.TakeAsync();
        (await user.PlacesAsync()).ShouldBe("INBOX 2");
        user.Relayed.ShouldBeEmpty();
    }

    [Fact]
    public async Task Redirects_have_a_limit()
    {
        await using var gateway = await fixture.StartAsync(limits: new Sora.Sieve.SieveEngineOptions { MaxRedirects = 1 });
        var user = await fixture.UserAsync("redirect \"one@example.org\";\r\nredirect \"two@example.org\";\r\n");
        await user.TakeAsync(gateway: gateway);
        (await user.PlacesAsync()).ShouldBe("INBOX 1");
        user.Relayed.ShouldBeEmpty();
        (await user.LogAsync()).ShouldHaveSingleItem().ShouldContain("redirects");
    }

    [Fact]
    public async Task When_the_process_dies_after_the_queue_and_before_the_commit_all_is_done_once()
    {
        var user = await fixture.UserAsync("require \"copy\"; redirect :copy \"one@example.org\"; redirect :copy \"two@example.org\";");
        var message = user.Message();
        fixture.Relay.DieAfterwards[user.Account.Id] = true;
        (await user.DeliverAsync(message)).ShouldStartWith("451 ");
        (await user.PlacesAsync()).ShouldBe("");
        user.Relayed.Select(static one => (one.To, one.Status)).ShouldBe([("one@example.org", RelayStatus.Queued)]);
        for (var i = 0; i < 2; i++)
            await user.TakeAsync(message);
        (await user.PlacesAsync()).ShouldBe("INBOX 1");
        user.Relayed.Where(static one => one.Status == RelayStatus.Queued).Select(static one => one.To).ShouldBe(["one@example.org", "two@example.org"]);
    }

    [Fact]
    public async Task Nothing_is_taken_for_a_repetition_without_a_message_id()
    {
        var user = await fixture.UserAsync("require \"copy\"; redirect :copy \"else@example.org\";");
        for (var i = 0; i < 2; i++)
            await user.TakeAsync("Subject: no id\r\n\r\ntext\r\n");
        (await user.PlacesAsync()).ShouldBe("INBOX 2");
        user.Relayed.Select(static one => one.Status).ShouldBe([RelayStatus.Queued, RelayStatus.Queued]);
    }

    // "if and only if non-ASCII characters are present" (RFC 5230 section 4.3)
    [Theory]
    [InlineData("=?utf-8?q?B=C3=B6se?= news", "=?utf-8?q?B=C3=B6se?= news")]
    [InlineData("B\u00F6se", "=?UTF-8?B?QsO2c2U=?=")]
    public async Task A_subject_in_ASCII_is_sent_as_it_is(string subject, string expected)
    {
        var user = await fixture.UserAsync($"require \"vacation\"; vacation :subject \"{subject}\" \"away\";");
        await user.TakeAsync(user.Message("Ask"));
        user.Relayed.ShouldHaveSingleItem().Field("Subject").ShouldBe([expected]);
    }

    [Fact]
    public async Task An_answer_of_vacation()
    {
        var user = await fixture.UserAsync("require \"vacation\"; vacation :subject \"Böse Überraschung\" \"Ich bin nicht da, grüße\";");
        var message = user.Message("Können Sie?", "References: <a@x.example>\r\n <b@x.example>\r\n");
        await user.TakeAsync(message);
        (await user.PlacesAsync()).ShouldBe("INBOX 1");
        var sent = user.Relayed.ShouldHaveSingleItem();
        (sent.Request.Kind, sent.Request.Sender, sent.To, sent.Request.Recipients[0].Notify).ShouldBe((RelayKind.Vacation, "", "ada@example.net", "NEVER"));
        sent.Field("From").ShouldBe([user.Address]);
        sent.Field("To").ShouldBe(["ada@example.net"]);
        sent.Field("Subject")[0].ShouldStartWith("=?UTF-8?B?");
        sent.Field("Auto-Submitted").ShouldBe(["auto-replied (vacation)"]);
        var id = message.Split("Message-ID: ")[1].Split("\r\n")[0];
        sent.Field("In-Reply-To").ShouldBe([id]);
        sent.Field("References").ShouldBe([$"<a@x.example> <b@x.example> {id}"]);
        sent.Field("Date").ShouldHaveSingleItem();
        sent.Field("Message-ID").ShouldHaveSingleItem().ShouldEndWith("@mx.example.org>");
        sent.Field("MIME-Version").ShouldBe(["1.0"]);
        sent.Text.ShouldContain("Content-Type: text/plain; charset=utf-8\r\n");

        // The same sender is not answered again, another one is, and so is this one by a script with another answer
        await user.TakeAsync();
        await user.TakeAsync(from: "<ADA@example.net>");
        user.Relayed.Count.ShouldBe(1);
        await user.TakeAsync(from: "<other@example.net>");
        user.Relayed.Count.ShouldBe(2);
        await user.ActivateAsync("require \"vacation\"; vacation :handle \"two\" \"Still away\";");
        await user.TakeAsync();
        user.Relayed.Count.ShouldBe(3);
        (await user.LogAsync()).ShouldBeEmpty();
    }

    // RFC 5230 section 5.8, RFC 5322 section 3.6.4
    [Theory]
    [InlineData("In-Reply-To: <a@x.example>\r\n", "<a@x.example> ")]
    [InlineData("In-Reply-To: <a@x.example> <b@x.example>\r\n", "")]
    [InlineData("In-Reply-To: <a@x.example>\r\nReferences: <c@x.example>\r\n", "<c@x.example> ")]
    [InlineData("", "")]
    public async Task An_answer_goes_on_with_the_thread(string fields, string before)
    {
        var user = await fixture.UserAsync("require \"vacation\"; vacation \"away\";");
        var message = user.Message("x", fields);
        await user.TakeAsync(message);
        var id = message.Split("Message-ID: ")[1].Split("\r\n")[0];
        var sent = user.Relayed.ShouldHaveSingleItem();
        sent.Field("In-Reply-To").ShouldBe([id]);
        sent.Field("References").ShouldBe([before + id]);
    }

    [Fact]
    public async Task A_message_without_an_id_is_answered_without_a_thread()
    {
        var user = await fixture.UserAsync("require \"vacation\"; vacation \"away\";");
        await user.TakeAsync($"To: {user.Address}\r\nIn-Reply-To: <a@x.example>\r\n\r\nx\r\n");
        var sent = user.Relayed.ShouldHaveSingleItem();
        sent.Field("In-Reply-To").ShouldBeEmpty();
        sent.Field("References").ShouldBeEmpty();
        sent.Field("Subject").ShouldBe(["Automated reply"]);
    }

    // RFC 5230 section 5.5: not to whom a reply would go, and section 4.5: addresses of groups count too
    [Fact]
    public async Task The_answer_goes_to_the_envelopes_sender()
    {
        var user = await fixture.UserAsync("require \"vacation\"; vacation \"away\";");
        await user.TakeAsync($"From: other@example.net\r\nReply-To: list@example.net\r\nCc: Friends: someone@example.org, Me <{user.Address.ToUpperInvariant()}>;\r\n\r\nx\r\n");
        var sent = user.Relayed.ShouldHaveSingleItem();
        (sent.To, sent.Field("To")[0]).ShouldBe(("ada@example.net", "ada@example.net"));
        sent.Field("From").ShouldBe([user.Address.ToUpperInvariant()]);
    }

    [Fact]
    public async Task Of_many_messages_at_once_one_is_answered()
    {
        var user = await fixture.UserAsync("require \"vacation\"; vacation \"away\";");
        var replies = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => user.DeliverAsync()));
        replies.ShouldAllBe(static reply => reply.StartsWith("250 ", StringComparison.Ordinal));
        (await user.PlacesAsync()).ShouldBe("INBOX 12");
        user.Relayed.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("", "<ada@example.net>", 1)]
    [InlineData("", "<>", 0)]
    [InlineData("List-Id: <x.example.net>\r\n", "<ada@example.net>", 0)]
    [InlineData("Auto-Submitted: auto-replied\r\n", "<ada@example.net>", 0)]
    [InlineData("Auto-Submitted: no\r\n", "<ada@example.net>", 1)]
    [InlineData("Precedence: bulk\r\n", "<ada@example.net>", 0)]
    [InlineData("", "<owner-list@example.net>", 0)]
    [InlineData("", "<MAILER-DAEMON@example.net>", 0)]
    public async Task Programs_and_lists_are_not_answered(string field, string from, int answers)
    {
        var user = await fixture.UserAsync("require \"vacation\"; vacation \"away\";");
        await user.TakeAsync(user.Message(more: field), from);
        user.Relayed.Count.ShouldBe(answers);
    }

    [Fact]
    public async Task Mail_to_any_address_of_the_user_is_answered_and_other_mail_is_not()
    {
        var user = await fixture.UserAsync("require \"vacation-seconds\"; vacation :seconds 0 \"away\";");
        var alias = await user.AddAliasAsync();
        await user.TakeAsync(user.Message().Replace($"To: {user.Address}", $"To: {alias}", StringComparison.Ordinal));
        user.Relayed.ShouldHaveSingleItem().Field("From").ShouldBe([alias]);
        await user.TakeAsync(user.Message().Replace($"To: {user.Address}", "To: everyone@example.com", StringComparison.Ordinal));
        user.Relayed.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_interval_of_no_seconds_answers_each_message_once_and_the_operator_may_set_a_least_one()
    {
        var user = await fixture.UserAsync("require [\"vacation\", \"vacation-seconds\"]; vacation :seconds 0 \"away\";");
        var message = user.Message();
        await user.TakeAsync(message);
        await user.TakeAsync(message);
        await user.TakeAsync();
        user.Relayed.Count(static one => one.Status == RelayStatus.Queued).ShouldBe(2);
        await using var gateway = await fixture.StartAsync(options: new SieveDeliveryOptions { MinVacationInterval = TimeSpan.FromDays(1) });
        for (var i = 0; i < 2; i++)
            await user.TakeAsync(gateway: gateway);
        user.Relayed.Count(static one => one.Status == RelayStatus.Queued).ShouldBe(3);
    }

    [Fact]
    public async Task An_answer_that_could_not_be_queued_is_tried_again_with_the_next_message()
    {
        var user = await fixture.UserAsync("require \"vacation\"; vacation \"away\";");
        fixture.Relay.Answers[user.Account.Id] = RelayStatus.RateLimited;
        await user.TakeAsync();
        (await user.PlacesAsync()).ShouldBe("INBOX 1");
        (await user.LogAsync()).ShouldHaveSingleItem().ShouldStartWith("main:1 vacation to ada@example.net: ");
        fixture.Relay.Answers.TryRemove(user.Account.Id, out _);
        await user.TakeAsync();
        user.Relayed[^1].Status.ShouldBe(RelayStatus.Queued);
    }

    [Fact]
    public async Task A_MIME_answer_from_somebody_with_a_name_and_a_copy_of_it()
    {
        var user = await fixture.UserAsync(
            """
            require ["vacation", "fcc", "imap4flags", "mailbox"];
            vacation :mime :from "Jörg Müller <away@example.com>" :fcc "Answers" :create :flags ["\\Seen"] text:
            Content-Type: text/html; charset=us-ascii

            <p>away</p>
            .
            ;

            """);
        await user.TakeAsync();
        var sent = user.Relayed.ShouldHaveSingleItem();
        sent.Field("From")[0].ShouldBe("=?UTF-8?B?SsO2cmcgTcO8bGxlcg==?= <away@example.com>");
        sent.Field("Content-Type").ShouldBe(["text/html; charset=us-ascii"]);
        sent.Text.ShouldEndWith("\r\n\r\n<p>away</p>\r\n");
        var copy = (await user.MessagesAsync("Answers"))!.ShouldHaveSingleItem();
        copy.Text.ShouldBe(sent.Text);
        copy.Flags.ShouldBe(["\\Seen"]);
        (await user.PlacesAsync()).ShouldBe("INBOX 1, Answers 1");
    }

    [Fact]
    public async Task A_copy_may_lie_in_the_mailbox_of_the_message()
    {
        var user = await fixture.UserAsync("require [\"vacation\", \"fcc\"]; vacation :fcc \"INBOX\" \"away\";");
        var message = user.Message();
        await user.TakeAsync(message);
        await user.TakeAsync(message);
        (await user.PlacesAsync()).ShouldBe("INBOX 2");
    }

    [Theory]
    [InlineData("reject", "Go away", "550 5.7.1 Go away")]
    [InlineData("ereject", "Go away", "550 5.7.1 Go away")]
    [InlineData("ereject", "Geh weg, Böser", "550 5.7.1 The message was refused by the recipient's mail filter")]
    [InlineData("reject", "one\r\ntwo\r\n", "550-5.7.1 one\n550 5.7.1 two")]
    public async Task A_refusal_is_the_reply_to_its_recipient(string action, string reason, string reply)
    {
        var user = await fixture.UserAsync($"require \"{action}\"; {action} \"{reason}\";");
        (await user.DeliverAsync()).ShouldBe(reply);
        (await user.PlacesAsync()).ShouldBe("");
        user.Relayed.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_long_reason_has_short_lines_and_not_too_many()
    {
        await using var gateway = await fixture.StartAsync(options: new SieveDeliveryOptions { MaxRejectLines = 3 });
        var user = await fixture.UserAsync($"require \"reject\"; reject \"{new string('x', 2000)}\";");
        var lines = (await user.DeliverAsync(gateway: gateway)).Split('\n');
        lines.Length.ShouldBe(3);
        lines.ShouldAllBe(static line => line.Length <= 510);
    }

    [Fact]
    public async Task A_reason_that_cannot_be_a_reply_is_sent_to_the_sender()
    {
        var user = await fixture.UserAsync("require \"reject\"; reject \"Geh weg, Böser\";");
        (await user.DeliverAsync()).ShouldStartWith("250 ");
        (await user.PlacesAsync()).ShouldBe("");
        var sent = user.Relayed.ShouldHaveSingleItem();
        (sent.Request.Kind, sent.Request.Sender, sent.To).ShouldBe((RelayKind.Report, "", "ada@example.net"));
        sent.Field("Content-Type")[0].ShouldStartWith("multipart/report; report-type=disposition-notification;");
        sent.Text.ShouldContain("\r\nDisposition: automatic-action/MDN-sent-automatically; deleted\r\n");
        sent.Text.ShouldContain($"\r\nFinal-Recipient: rfc822;{user.Address}\r\n");
        sent.Text.ShouldContain("Content-Type: text/rfc822-headers\r\n\r\nFrom: Ada <ada@example.net>\r\n");

        // A header that is not ASCII comes back as RFC 6533 has it
        (await user.DeliverAsync(user.Message("B\u00C3\u00B6se"))).ShouldStartWith("250 ");
        user.Relayed[1].Text.ShouldContain("Content-Type: message/global-headers\r\nContent-Transfer-Encoding: 8bit\r\n\r\nFrom: Ada <ada@example.net>\r\n");

        // Where it can be one, it is: with SMTPUTF8; and nothing is sent to nobody, or when nothing can be sent
        (await user.DeliverAsync(from: "<ada@example.net> SMTPUTF8")).ShouldBe("550 5.7.1 Geh weg, B\u00C3\u00B6ser");
        (await user.DeliverAsync(from: "<>")).ShouldBe("550 5.7.1 The message was refused by the recipient's mail filter");
        fixture.Relay.Answers[user.Account.Id] = RelayStatus.NotConfigured;
        (await user.DeliverAsync()).ShouldBe("550 5.7.1 The message was refused by the recipient's mail filter");
    }

    [Fact]
    public async Task What_a_script_before_has_stored_stays_when_the_users_refuses()
    {
        var before = fixture.File("archives.sieve", "require [\"fileinto\", \"copy\"]; fileinto :copy \"Archive\";");
        await using var gateway = await fixture.StartAsync(new Sora.Mailstore.Sieve.SieveOptions { Before = [before] });
        var user = await fixture.UserAsync("require \"ereject\"; ereject \"no\";");
        (await user.DeliverAsync(gateway: gateway)).ShouldBe("550 5.7.1 no");
        (await user.PlacesAsync()).ShouldBe("Archive 1");
    }

    [Fact]
    public async Task A_notification()
    {
        var user = await fixture.UserAsync(
            "require [\"enotify\", \"fcc\"]; notify :importance \"1\" :message \"News from Ada\" :fcc \"Sent\" "
            + "\"mailto:phone@sms.example?cc=two@example.org&body=see%20mail&X-Extra=yes&from=forged@example.org&auto-submitted=no\";");
        var message = user.Message();
        await user.TakeAsync(message);
        (await user.LogAsync()).ShouldBeEmpty();
        (await user.PlacesAsync()).ShouldBe("INBOX 1, Sent 1");
        var sent = user.Relayed.ShouldHaveSingleItem();
        (sent.Request.Kind, sent.Request.Sender, sent.To).ShouldBe((RelayKind.Notify, user.Address, "phone@sms.example, two@example.org"));
        sent.Field("Auto-Submitted").ShouldBe([$"auto-notified; owner-email=\"{user.Address}\""]);
        sent.Field("From").ShouldBe([user.Address]);
        sent.Field("To").ShouldBe(["phone@sms.example"]);
        sent.Field("Cc").ShouldBe(["two@example.org"]);
        sent.Field("Subject").ShouldBe(["News from Ada"]);
        sent.Field("X-Extra").ShouldBe(["yes"]);
        sent.Text.ShouldContain("\r\n\r\nsee mail");
        await user.TakeAsync(message);
        user.Relayed.Select(static one => one.Status).ShouldBe([RelayStatus.Queued, RelayStatus.AlreadyQueued]);
    }

    [Fact]
    public async Task A_report_of_abuse()
    {
        var user = await fixture.UserAsync("require \"vnd.dovecot.report\"; report \"abuse\" \"This is not wanted.\" \"abuse@example.net\";");
        var message = user.Message();
        await user.TakeAsync(message);
        (await user.PlacesAsync()).ShouldBe("INBOX 1");
        var sent = user.Relayed.ShouldHaveSingleItem();
        (sent.Request.Kind, sent.Request.Sender, sent.To).ShouldBe((RelayKind.Report, "", "abuse@example.net"));
        sent.Field("From").ShouldBe([user.Address]);
        sent.Field("Content-Type").ShouldHaveSingleItem().ShouldStartWith("multipart/report; report-type=feedback-report;");
        sent.Text.ShouldContain("\r\nFeedback-Type: abuse\r\n");
        sent.Text.ShouldContain("\r\nOriginal-Mail-From: <ada@example.net>\r\n");
        sent.Text.ShouldContain(message);
        await user.TakeAsync(message);
        user.Relayed.Select(static one => one.Status).ShouldBe([RelayStatus.Queued, RelayStatus.AlreadyQueued]);
    }

    [Theory]
    [InlineData("", "<ada@example.net>", 1)]
    [InlineData("", "<>", 1)]
    [InlineData("Auto-Submitted: auto-notified; owner-email=\"x@y.example\"\r\n", "<ada@example.net>", 0)]
    [InlineData("Auto-Submitted: no\r\n", "<ada@example.net>", 1)]
    public async Task Programs_are_not_notified_of_and_bounces_do_not_circle(string field, string from, int count)
    {
        var user = await fixture.UserAsync("require \"enotify\"; notify \"mailto:phone@sms.example\"; notify \"mailto:PHONE@sms.example\";");
        await user.TakeAsync(user.Message("About it", field), from);
        user.Relayed.Count.ShouldBe(count);
        if (count > 0)
        {
            user.Relayed[0].Field("Subject").ShouldBe(["About it"]);
            user.Relayed[0].Request.Sender.ShouldBe(from == "<>" ? "" : user.Address);
        }
    }

    [Fact]
    public async Task A_notification_that_is_not_taken_harms_nothing()
    {
        var user = await fixture.UserAsync("require [\"enotify\", \"fileinto\"]; notify \"mailto:phone@sms.example\"; fileinto \"Archive\";");
        fixture.Relay.Answers[user.Account.Id] = RelayStatus.NotConfigured;
        await user.TakeAsync();
        (await user.PlacesAsync()).ShouldBe("Archive 1");
        (await user.LogAsync()).ShouldHaveSingleItem().ShouldStartWith("main:1 notify to phone@sms.example: ");
    }
}
