using Sora.Contracts;
using Sora.Gateway.Sieve;
using Sora.Mailstore.Delivery;
using Sora.Mailstore.Sieve;
using Sora.Testing;

namespace Sora.Gateway.Tests.Sieve.Delivery;

/// <summary>keep, fileinto, discard and what tells them where: into all mailboxes in one commit.</summary>
[Collection("sieve delivery")]
public sealed class StoringTests(DeliveryFixture fixture)
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData("", "INBOX 1")]
    [InlineData("keep;", "INBOX 1")]
    [InlineData("discard;", "")]
    [InlineData("discard; keep;", "INBOX 1")]
    [InlineData("fileinto \"Archive\";", "Archive 1")]
    [InlineData("fileinto :copy \"Archive\";", "INBOX 1, Archive 1")]
    [InlineData("fileinto \"Archive\"; keep;", "INBOX 1, Archive 1")]
    [InlineData("fileinto \"Archive\"; fileinto \"Trash\"; fileinto \"Sent\";", "Archive 1, Sent 1, Trash 1")]
    [InlineData("fileinto \"Archive\"; fileinto \"Archive\"; keep; fileinto \"inbox\";", "INBOX 1, Archive 1")]
    [InlineData("fileinto :create \"New/Below\"; fileinto :create \"New/Below\";", "New/Below 1")]
    [InlineData("fileinto :specialuse \"\\\\Junk\" \"Nowhere\";", "Junk 1")]
    [InlineData("fileinto :specialuse \"\\\\All\" \"Archive\";", "Archive 1")]
    [InlineData("fileinto :specialuse \"\\\\All\" :create \"Everything\";", "Everything 1")]
    [InlineData("fileinto :specialuse \"\\\\Junk\" \"Nowhere\"; fileinto \"Junk\";", "Junk 1")]
    [InlineData("if mailboxexists [\"INBOX\", \"Archive\"] { fileinto \"Archive\"; } if mailboxexists \"Nowhere\" { discard; }", "Archive 1")]
    [InlineData("if specialuse_exists \"\\\\Junk\" { fileinto \"Archive\"; } if specialuse_exists \"Archive\" \"\\\\Junk\" { keep; }", "Archive 1")]
    public async Task The_message_is_where_the_script_says(string commands, string places)
    {
        var user = await fixture.UserAsync($"require [\"fileinto\", \"copy\", \"mailbox\", \"special-use\"];\r\n{commands}\r\n");
        await user.TakeAsync();
        (await user.PlacesAsync()).ShouldBe(places);
        (await user.LogAsync()).ShouldBeEmpty();
        user.Relayed.ShouldBeEmpty();

        // The message once more is acknowledged, and is there once
        var message = user.Message();
        await user.TakeAsync(message);
        var twice = await user.PlacesAsync();
        await user.TakeAsync(message);
        (await user.PlacesAsync()).ShouldBe(twice);
    }

    [Theory]
    [InlineData("keep;", "")]
    [InlineData("addflag \"\\\\Seen\";", "\\Seen")]
    [InlineData("addflag [\"\\\\Seen\", \"$work\"]; keep;", "\\Seen $work")]
    [InlineData("keep :flags [\"\\\\Flagged\", \"other\"];", "\\Flagged other")]
    [InlineData("setflag \"\\\\Seen\"; fileinto :flags \"\\\\Answered\" \"INBOX\"; keep;", "\\Seen")]
    [InlineData("fileinto :flags \"\\\\Answered\" \"INBOX\"; fileinto :flags \"\\\\Draft \\\\Deleted\" \"INBOX\";", "\\Deleted \\Draft")]
    public async Task Flags_are_set_the_last_ones_for_a_mailbox(string commands, string flags)
    {
        var user = await fixture.UserAsync($"require [\"fileinto\", \"imap4flags\"];\r\n{commands}\r\n");
        await user.TakeAsync();
        var stored = (await user.MessagesAsync("INBOX"))!.ShouldHaveSingleItem();
        string.Join(' ', stored.Flags).ShouldBe(flags);
    }

    [Fact]
    public async Task What_is_stored_is_the_message_behind_its_trace_fields()
    {
        var user = await fixture.UserAsync("require [\"fileinto\", \"copy\"]; fileinto :copy \"Archive\";");
        var message = user.Message(body: string.Concat(Enumerable.Repeat("a line of text\r\n", 20_000)));
        await user.TakeAsync(message, to: user.Address.Replace("@", "+Lists@", StringComparison.Ordinal));
        var inbox = (await user.MessagesAsync("INBOX"))!.ShouldHaveSingleItem();
        inbox.Text.ShouldEndWith(message);
        inbox.Text.ShouldStartWith($"Return-Path: <ada@example.net>\r\nDelivered-To: {user.Address.Replace("@", "+Lists@", StringComparison.Ordinal)}\r\nReceived: from client.example.net ");
        (await user.MessagesAsync("Archive"))!.ShouldHaveSingleItem().Text.ShouldBe(inbox.Text);
    }

    [Fact]
    public async Task A_mailbox_that_is_not_there_keeps_the_message_and_its_owner_is_told()
    {
        var user = await fixture.UserAsync("require [\"fileinto\"];\r\nfileinto \"Archive\";\r\nfileinto \"Nowhere\";\r\n");
        await user.TakeAsync();
        (await user.PlacesAsync()).ShouldBe("INBOX 1, Archive 1");
        (await user.LogAsync()).ShouldHaveSingleItem().ShouldBe("main:3 fileinto: There is no mailbox \"Nowhere\" that messages can be put into");
    }

    [Fact]
    public async Task A_script_that_fails_keeps_the_message_and_its_owner_is_told()
    {
        var user = await fixture.UserAsync("require [\"fileinto\", \"variables\"];\r\nset \"x\" \"a%b\";\r\nfileinto \"Archive\";\r\nfileinto \"${x}\";\r\n");
        await user.TakeAsync();
        (await user.PlacesAsync()).ShouldBe("INBOX 1");
        (await user.LogAsync()).ShouldHaveSingleItem().ShouldStartWith("main:4 fileinto: ");
    }

    [Fact]
    public async Task A_script_that_does_not_compile_any_more_keeps_the_message_and_its_owner_is_told()
    {
        var user = await fixture.UserAsync("require [\"regex\"];\r\ndiscard;\r\n");
        await using var gateway = await fixture.StartAsync(limits: new Sora.Sieve.SieveEngineOptions { DisabledExtensions = ["regex"] });
        await user.TakeAsync(gateway: gateway);
        (await user.PlacesAsync()).ShouldBe("INBOX 1");
        (await user.LogAsync()).ShouldHaveSingleItem().ShouldStartWith("main:1 The script does not compile: ");
    }

    [Fact]
    public async Task What_does_not_fit_in_all_mailboxes_is_in_none_and_nothing_is_sent_because_of_it()
    {
        var user = await fixture.UserAsync("require [\"fileinto\", \"copy\"]; redirect :copy \"else@example.org\"; fileinto \"Archive\"; fileinto \"Trash\";");
        await fixture.Engine.Quotas.SetAsync(user.Account.Id, new QuotaLimits(null, 1, null), None);
        var message = user.Message();
        (await user.DeliverAsync(message)).ShouldStartWith("552 5.2.2 ");
        await using var patient = await fixture.StartAsync(lmtp: options => options.QuotaFullTempfail = true);
        (await user.DeliverAsync(message, gateway: patient)).ShouldStartWith("452 4.2.2 ");
        (await user.PlacesAsync()).ShouldBe("");
        user.Relayed.ShouldBeEmpty();
        await fixture.Engine.Quotas.SetAsync(user.Account.Id, new QuotaLimits(null, 2, null), None);
        await user.TakeAsync(message);
        (await user.PlacesAsync()).ShouldBe("Archive 1, Trash 1");
        user.Relayed.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("discard;", "250 2.0.0 ")]
    [InlineData("redirect \"else@example.org\";", "250 2.0.0 ")]
    [InlineData("require \"reject\"; reject \"not now\";", "550 5.7.1 not now")]
    [InlineData("keep;", "552 5.2.2 ")]
    public async Task Who_has_no_room_needs_none_for_what_a_script_does_not_keep(string script, string reply)
    {
        var full = await fixture.UserAsync(script);
        var other = await fixture.UserAsync("require \"fileinto\"; fileinto \"Archive\";");
        var third = await fixture.UserAsync();
        await fixture.Engine.Quotas.SetAsync(full.Account.Id, new QuotaLimits(null, 0, null), None);
        var replies = await fixture.DeliverAsync(full.Message(), [other.Address, full.Address, third.Address]);
        replies.Select(static line => line[..3]).ShouldBe(["250", reply[..3], "250"]);
        replies[1].ShouldStartWith(reply);
        (await full.PlacesAsync()).ShouldBe("");
        (await other.PlacesAsync()).ShouldBe("Archive 1");
        (await third.PlacesAsync()).ShouldBe("INBOX 1");
    }

    [Fact]
    public async Task Each_recipient_of_a_transaction_has_own_scripts()
    {
        var ada = await fixture.UserAsync("require \"fileinto\"; fileinto \"Archive\";");
        var bob = await fixture.UserAsync();
        var carl = await fixture.UserAsync("require [\"ereject\", \"body\"]; if body :contains \"text\" { ereject \"not here\"; }");
        var dora = await fixture.UserAsync("require [\"body\", \"fileinto\"]; if body :contains \"text\" { fileinto \"Trash\"; }");
        var replies = await fixture.DeliverAsync(ada.Message(), [ada.Address, bob.Address, carl.Address, dora.Address]);
        replies.Select(static reply => reply[..3]).ShouldBe(["250", "250", "550", "250"]);
        replies[2].ShouldBe("550 5.7.1 not here");
        (await ada.PlacesAsync()).ShouldBe("Archive 1");
        (await bob.PlacesAsync()).ShouldBe("INBOX 1");
        (await carl.PlacesAsync()).ShouldBe("");
        (await dora.PlacesAsync()).ShouldBe("Trash 1");
        (await dora.MessagesAsync("Trash"))![0].Text.ShouldContain($"Delivered-To: {dora.Address}\r\n");
    }

    [Theory]
    [InlineData(Rights.Lookup | Rights.Insert, true)]
    [InlineData(Rights.Post, true)]
    [InlineData(Rights.Lookup | Rights.Read | Rights.Write, false)]
    public async Task Mailboxes_of_others_are_filled_by_rights(Rights rights, bool isAllowed)
    {
        var owner = await fixture.UserAsync();
        await owner.CreateAsync("Team");
        var name = $"Other Users/{owner.Address}/Team";
        var user = await fixture.UserAsync(
            $"require [\"fileinto\", \"mailbox\", \"imap4flags\"];\r\nif mailboxexists \"{name}\" {{ addflag \"exists\"; }}\r\nfileinto :flags [\"\\\\Seen\", \"kept\"] \"{name}\";\r\n");
        (await fixture.Node.Sharing.ChangeAsync(new AccessChange(await owner.IdAsync("Team"), user.Address, false, AccessMode.Replace, rights), None)).IsOk.ShouldBeTrue();
        await user.TakeAsync();
        (await owner.PlacesAsync()).ShouldBe(isAllowed ? "Team 1" : "");
        (await user.PlacesAsync()).ShouldBe(isAllowed ? "" : "INBOX 1");

        // Nobody sets flags in a mailbox without the right to
        if (isAllowed)
            (await owner.MessagesAsync("Team"))![0].Flags.ShouldBeEmpty();
        else
            (await user.LogAsync()).ShouldHaveSingleItem().ShouldContain("There is no mailbox");
    }

    [Fact]
    public async Task The_room_that_counts_is_that_of_the_mailboxs_owner()
    {
        var owner = await fixture.UserAsync();
        var user = await fixture.UserAsync($"require [\"fileinto\", \"copy\"]; redirect :copy \"else@example.org\"; fileinto \"Other Users/{owner.Address}/Archive\";");
        (await fixture.Node.Sharing.ChangeAsync(
            new AccessChange(await owner.IdAsync("Archive"), user.Address, false, AccessMode.Replace, Rights.Lookup | Rights.Insert), None)).IsOk.ShouldBeTrue();
        await fixture.Engine.Quotas.SetAsync(user.Account.Id, new QuotaLimits(null, 0, null), None);
        await user.TakeAsync();
        (await owner.PlacesAsync()).ShouldBe("Archive 1");

        // Another's full mailbox is as none: INBOX, and what the script sends is sent
        await fixture.Engine.Quotas.SetAsync(owner.Account.Id, new QuotaLimits(null, 1, null), None);
        (await user.DeliverAsync()).ShouldStartWith("552 5.2.2 ");
        user.Relayed.ShouldHaveSingleItem();
        await fixture.Engine.Quotas.SetAsync(user.Account.Id, new QuotaLimits(null, 1, null), None);
        await user.TakeAsync();
        (await user.PlacesAsync()).ShouldBe("INBOX 1");
        (await owner.PlacesAsync()).ShouldBe("Archive 1");
        user.Relayed.Count.ShouldBe(2);
        (await user.LogAsync()).ShouldHaveSingleItem().ShouldBe($":0 fileinto: the owner of \"Other Users/{owner.Address}/Archive\" has no room for the message");

        // The recipient's own has none either: the sender keeps the message
        (await user.DeliverAsync()).ShouldStartWith("552 5.2.2 ");
        (await user.PlacesAsync()).ShouldBe("INBOX 1");
        user.Relayed.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Anothers_mailbox_that_fills_up_while_the_message_is_delivered()
    {
        var owner = await fixture.UserAsync();
        var user = await fixture.UserAsync($"require [\"fileinto\", \"editheader\"]; fileinto \"Trash\"; addheader \"X-Filed\" \"yes\"; fileinto \"Other Users/{owner.Address}/Archive\";");
        (await fixture.Node.Sharing.ChangeAsync(
            new AccessChange(await owner.IdAsync("Archive"), user.Address, false, AccessMode.Replace, Rights.Lookup | Rights.Insert), None)).IsOk.ShouldBeTrue();
        await using var gateway = await fixture.StartAsync(delivery: new FillingUp(fixture.Engine, owner.Account.Id));
        await user.TakeAsync(gateway: gateway);
        (await user.PlacesAsync()).ShouldBe("INBOX 1, Trash 1");
        (await user.MessagesAsync("INBOX"))!.Single().Text.ShouldStartWith("X-Filed: yes\r\n");
        (await owner.PlacesAsync()).ShouldBe("");
        (await user.LogAsync()).ShouldHaveSingleItem().ShouldContain("has no room for the message");
    }

    // Somebody else's message comes first
    private sealed class FillingUp(Engine engine, AccountId owner) : IDelivery
    {
        private readonly MessageDelivery _delivery = new(engine.Accounts, engine.Mailboxes, new DeliveryOptions(), TimeProvider.System);

        public async Task<IReadOnlyList<DeliveryOutcome>> DeliverAsync(DeliveryRequest request, CancellationToken cancellationToken)
        {
            await engine.Quotas.SetAsync(owner, new QuotaLimits(null, 0, null), cancellationToken);
            return await _delivery.DeliverAsync(request, cancellationToken);
        }
    }

    // Scripts that users bring along have the names of another server
    [Fact]
    public async Task Names_of_another_server()
    {
        await using var gateway = await fixture.StartAsync(options: new SieveDeliveryOptions { OldMailboxSeparator = ".", OldMailboxPrefix = "INBOX." });
        var user = await fixture.UserAsync();
        await user.CreateAsync("Lists/work");
        await user.CreateAsync("Lists.home");
        foreach (var (name, place) in ((string, string)[])
            [
                ("INBOX.Lists.work", "Lists/work"), ("inbox.Lists.work", "Lists/work"), ("Lists.work", "Lists/work"), ("Lists/work", "Lists/work"),
                ("Lists.home", "Lists.home"), ("INBOX.Lists.home", "INBOX"), ("INBOX", "INBOX"), ("INBOX.", "INBOX"),
            ])
        {
            var before = (await user.MessagesAsync(place))!.Length;
            await user.ActivateAsync($"require [\"fileinto\", \"mailbox\"]; if mailboxexists \"{name}\" {{ fileinto \"{name}\"; }}");
            await user.TakeAsync(gateway: gateway);
            (await user.MessagesAsync(place))!.Length.ShouldBe(before + 1, name);
        }

        await user.ActivateAsync("require [\"fileinto\", \"mailbox\"]; fileinto :create \"INBOX.New.one\";");
        await user.TakeAsync(gateway: gateway);
        (await user.MessagesAsync("New/one"))!.Length.ShouldBe(1);
        (await user.MessagesAsync("INBOX.New.one")).ShouldBeNull();

        // Without the options a dot is a letter like others
        await user.TakeAsync();
        (await user.MessagesAsync("INBOX.New.one"))!.Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_mailbox_by_its_id()
    {
        var user = await fixture.UserAsync();
        var archive = await user.IdAsync("Archive");
        await user.ActivateAsync(
            $"require [\"fileinto\", \"mailboxid\"]; if mailboxidexists \"F{archive.Value}\" {{ fileinto :mailboxid \"F{archive.Value}\" \"Nowhere\"; }} "
            + "if mailboxidexists \"F999999999\" { keep; }");
        await user.TakeAsync();
        (await user.PlacesAsync()).ShouldBe("Archive 1");
        await user.ActivateAsync("require [\"fileinto\", \"mailboxid\"]; fileinto :mailboxid \"F999999999\" \"Trash\";");
        await user.TakeAsync();
        (await user.PlacesAsync()).ShouldBe("Archive 1, Trash 1");
    }

    [Fact]
    public async Task A_changed_message_is_stored_changed_and_the_others_as_it_came()
    {
        var user = await fixture.UserAsync(
            """
            require ["editheader", "fileinto"];
            fileinto "Archive";
            addheader "X-Sorted" "by script";
            deleteheader "X-Gone";
            fileinto "Trash";
            fileinto "Sent";

            """);
        var message = user.Message(more: "X-Gone: away\r\n", body: "one\r\n.two\r\n");
        await user.TakeAsync(message);
        (await user.PlacesAsync()).ShouldBe("Archive 1, Sent 1, Trash 1");
        (await user.MessagesAsync("Archive"))![0].Text.ShouldEndWith(message);
        var changed = (await user.MessagesAsync("Trash"))![0].Text;
        changed.ShouldContain("X-Sorted: by script\r\n");
        changed.ShouldNotContain("X-Gone");
        changed.ShouldEndWith("\r\n\r\none\r\n.two\r\n");
        changed.ShouldContain($"Return-Path: <ada@example.net>\r\nDelivered-To: {user.Address}\r\nReceived: from client.example.net ");
        changed.Split("Received: from client").Length.ShouldBe(2);
        (await user.MessagesAsync("Sent"))![0].Text.ShouldBe(changed);
    }

    [Fact]
    public async Task An_enclosed_message_has_trace_fields_of_its_own()
    {
        var user = await fixture.UserAsync("require [\"enclose\"]; enclose :subject \"Enclosed\" \"see below\";");
        await user.TakeAsync(user.Message(body: "the original\r\n"));
        var text = (await user.MessagesAsync("INBOX"))!.ShouldHaveSingleItem().Text;
        text.ShouldStartWith("Return-Path: <ada@example.net>\r\nDelivered-To: ");
        text.ShouldContain("\r\nSubject: Enclosed\r\n");
        text.ShouldContain("message/rfc822");
        text.ShouldContain("the original\r\n");
    }

    [Fact]
    public async Task A_mailbox_that_goes_away_between_script_and_commit_loses_nothing()
    {
        var user = await fixture.UserAsync("require [\"fileinto\", \"copy\"]; fileinto :copy \"Archive\"; fileinto \"Trash\";");
        var delivery = new Sora.Mailstore.Delivery.MessageDelivery(
            fixture.Engine.Accounts, fixture.Engine.Mailboxes, new Sora.Mailstore.Delivery.DeliveryOptions(), TimeProvider.System);
        await using var gateway = await fixture.StartAsync(delivery: new Before(delivery, async () => (await user.Account.DeleteAsync(MailboxName.Parse("Trash").Value, None)).IsOk.ShouldBeTrue()));
        await user.TakeAsync(gateway: gateway);
        (await user.PlacesAsync()).ShouldBe("INBOX 1");
        (await user.LogAsync()).ShouldHaveSingleItem().ShouldContain("not there any more");
    }

    [Fact]
    public async Task Created_mailboxes_are_subscribed_to_if_the_operator_says_so()
    {
        var user = await fixture.UserAsync("require [\"fileinto\", \"mailbox\"]; fileinto :create \"Made\";");
        await using var gateway = await fixture.StartAsync(options: new SieveDeliveryOptions { SubscribeCreated = true });
        await user.TakeAsync(gateway: gateway);
        (await user.Account.ListAsync(None)).IsSubscribed(MailboxName.Parse("Made").Value).ShouldBeTrue();
        (await user.PlacesAsync()).ShouldBe("Made 1");
    }

    /// <summary>Lets something happen just before the first delivery.</summary>
    private sealed class Before(IDelivery delivery, Func<Task> first) : IDelivery
    {
        private bool _isDone;

        public async Task<IReadOnlyList<DeliveryOutcome>> DeliverAsync(DeliveryRequest request, CancellationToken cancellationToken)
        {
            if (!_isDone)
                await first();
            _isDone = true;
            return await delivery.DeliverAsync(request, cancellationToken);
        }
    }
}
