using Sora.Contracts;
using Sora.Gateway.Sieve;
using Sora.Sieve;

namespace Sora.Gateway.Tests.Sieve.Delivery;

/// <summary>What scripts ask: the envelope, where they run, annotations, checks, what was seen before.</summary>
[Collection("sieve delivery")]
public sealed class AskingTests(DeliveryFixture fixture)
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData("environment \"location\" \"MDA\"")]
    [InlineData("environment \"phase\" \"during\"")]
    [InlineData("environment \"name\" \"Sora\"")]
    [InlineData("environment :matches \"version\" \"*.*.*\"")]
    [InlineData("environment \"host\" \"mx.example.org\"")]
    [InlineData("environment \"domain\" \"example.org\"")]
    [InlineData("environment \"remote-host\" \"client.example.net\"")]
    [InlineData("environment \"remote-ip\" \"127.0.0.1\"")]
    [InlineData("not environment :matches \"vnd.unknown\" \"*\"")]
    [InlineData("envelope \"from\" \"ada@example.net\"")]
    [InlineData("envelope :localpart \"to\" \"ME+Detail\"")]
    [InlineData("envelope :detail \"to\" \"Detail\"")]
    [InlineData("envelope \"auth\" \"ada=x@example.net\"")]
    [InlineData("envelope \"ret\" \"HDRS\"")]
    [InlineData("envelope \"envid\" \"id 1\"")]
    [InlineData("envelope \"orcpt\" \"rfc822;first@example.org\"")]
    [InlineData("envelope \"notify\" [\"DELAY\"]")]
    [InlineData("envelope \"bymode\" \"return\"")]
    [InlineData("header :matches \"Received\" \"from client.example.net *\"")]
    [InlineData("header \"Return-Path\" \"<ada@example.net>\"")]
    [InlineData("header :contains \"Delivered-To\" \"+Detail@\"")]
    [InlineData("size :under 1K")]
    [InlineData("notify_method_capability \"mailto:a@b.example\" \"online\" \"maybe\"")]
    [InlineData("notify_method_capability \"mailto:a@b.example\" \"fcc\" \"yes\"")]
    [InlineData("not notify_method_capability :matches \"mailto:a@b.example\" \"other\" \"*\"")]
    [InlineData("valid_notify_method \"mailto:a@b.example\"")]
    [InlineData("not valid_notify_method \"xmpp:a@b.example\"")]
    public async Task A_test_is_true(string test)
    {
        var user = await fixture.UserAsync();
        await user.ActivateAsync(
            "require [\"environment\", \"envelope\", \"subaddress\", \"envelope-dsn\", \"envelope-deliverby\", \"enotify\", \"fileinto\"];\r\n"
            + $"if {test.Replace("ME", user.Address.Split('@')[0], StringComparison.Ordinal)} {{ fileinto \"Archive\"; }}\r\n");
        (await user.DeliverAsync(
            from: "<ada@example.net> AUTH=ada+3Dx@example.net RET=hdrs ENVID=id+201 BY=3600;R",
            to: user.Address.Replace("@", "+Detail@", StringComparison.Ordinal),
            recipientParameters: " NOTIFY=failure,delay ORCPT=rfc822;first@example.org")).ShouldStartWith("250 ");
        (await user.PlacesAsync()).ShouldBe("Archive 1");
    }

    [Theory]
    [InlineData("", "rfc822;first+2Blast@example.org", "rfc822;first+last@example.org")]
    [InlineData("", "x400;+2FC+3Dde+3B+20x", "x400;/C=de; x")]
    [InlineData("", @"utf-8;\x{E4}da\x{2B}x@example.org", "utf-8;äda+x@example.org")]
    [InlineData(" SMTPUTF8", "utf-8;äda+x@example.org", "utf-8;äda+x@example.org")]
    public async Task The_original_recipient_is_seen_decoded(string parameters, string original, string seen)
    {
        var user = await fixture.UserAsync(
            $"require [\"envelope\", \"envelope-dsn\", \"fileinto\"]; if envelope :is \"orcpt\" \"{seen}\" {{ fileinto \"Archive\"; }}");
        (await user.DeliverAsync(from: $"<ada@example.net>{parameters}", recipientParameters: $" ORCPT={original}")).ShouldStartWith("250 ");
        (await user.PlacesAsync()).ShouldBe("Archive 1");
    }

    [Theory]
    [InlineData("MAIL FROM:<a@b.example> RET=ALL")]
    [InlineData("MAIL FROM:<a@b.example> RET=FULL RET=FULL")]
    [InlineData("MAIL FROM:<a@b.example> ENVID=+2")]
    [InlineData("MAIL FROM:<a@b.example> ENVID=+2b")]
    [InlineData("MAIL FROM:<a@b.example> ENVID=+0A")]
    [InlineData("MAIL FROM:<a@b.example> ENVID=+C3+A4")]
    [InlineData("MAIL FROM:<a@b.example> ENVID=\u00C3\u00A4")]
    [InlineData("MAIL FROM:<a@b.example> BY=0;R")]
    [InlineData("MAIL FROM:<a@b.example> BY=-1;R")]
    [InlineData("MAIL FROM:<a@b.example> BY=1")]
    [InlineData("MAIL FROM:<a@b.example> BY=1;X")]
    [InlineData("MAIL FROM:<a@b.example> BY=1234567890;R")]
    [InlineData("MAIL FROM:<a@b.example> AUTH=+0")]
    [InlineData("RCPT TO:<TO> NOTIFY=NEVER,DELAY")]
    [InlineData("RCPT TO:<TO> NOTIFY=")]
    [InlineData("RCPT TO:<TO> ORCPT=nothing")]
    [InlineData("RCPT TO:<TO> ORCPT=rfc822;")]
    [InlineData("RCPT TO:<TO> ORCPT=rfc822;a+4")]
    [InlineData("RCPT TO:<TO> ORCPT=rfc822;a+4a")]
    [InlineData("RCPT TO:<TO> ORCPT=rfc822;a+C3+A4")]
    [InlineData("RCPT TO:<TO> ORCPT=rfc(822);a")]
    [InlineData("RCPT TO:<TO> ORCPT=x.400;a")]
    [InlineData("RCPT TO:<TO> ORCPT=utf-8;\u00C3\u00A4", "553 5.6.7")]
    [InlineData("RCPT TO:<TO> ORCPT=utf-8;\u00E4")]
    [InlineData("RCPT TO:<TO> ORCPT=rfc822;\u00C3\u00A4")]
    [InlineData(@"RCPT TO:<TO> ORCPT=utf-8;a\x{e4}")]
    [InlineData(@"RCPT TO:<TO> ORCPT=utf-8;a\x{E4")]
    [InlineData(@"RCPT TO:<TO> ORCPT=utf-8;a\x{D800}")]
    [InlineData(@"RCPT TO:<TO> ORCPT=utf-8;a\x{0A}")]
    [InlineData(@"RCPT TO:<TO> ORCPT=utf-8;a\xE4")]
    public async Task A_wrong_parameter_is_refused(string command, string reply = "501 5.5.4")
    {
        var user = await fixture.UserAsync();
        await using var gateway = await fixture.StartAsync();
        using var client = await gateway.ConnectAsync();
        await client.PlayAsync("""
            S: 220 *
            C: LHLO client.example.net
            """);
        while ((await client.LineAsync())![3] == '-')
        {
        }

        if (command.StartsWith("RCPT", StringComparison.Ordinal))
        {
            await client.PlayAsync("""
                C: MAIL FROM:<a@b.example>
                S: 250 *
                """);
        }

        await client.PlayAsync($"C: {command.Replace("TO>", $"{user.Address}>", StringComparison.Ordinal)}\r\nS: {reply} *");
    }

    [Fact]
    public async Task Annotations_of_mailboxes_and_of_the_server()
    {
        var user = await fixture.UserAsync(
            """
            require ["mboxmetadata", "servermetadata", "imap4flags"];
            if metadata "INBOX" "/private/comment" "mine" { addflag "comment"; }
            if metadataexists "Archive" "/private/comment" { addflag "wrong"; }
            if metadata "Junk" "/private/specialuse" "\\Junk" { addflag "use"; }
            if servermetadata "/shared/admin" "mailto:postmaster@example.org" { addflag "admin"; }
            if servermetadataexists "/private/nothing" { addflag "wrong"; }

            """);
        var set = await fixture.Node.Metadata.WriteAsync(
            new MetadataWrite(user.Account.Id, await user.IdAsync("INBOX"), [new MetadataEntry("/private/comment", "mine"u8.ToArray())], OperationId.New()), None);
        set.IsOk.ShouldBeTrue();
        await user.TakeAsync();
        (await user.MessagesAsync("INBOX"))![0].Flags.ShouldBe(["comment", "use", "admin"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("X-Spam-Score: 15\r\n", "spamtest :value \"eq\" :comparator \"i;ascii-numeric\" \"10\"")]
    [InlineData("X-Spam-Score: 5.0 (of 10)\r\n", "spamtest :percent :value \"eq\" :comparator \"i;ascii-numeric\" \"50\"")]
    [InlineData("X-Spam-Score: -2\r\n", "spamtest :value \"eq\" :comparator \"i;ascii-numeric\" \"1\"")]
    [InlineData("X-Spam-Score: none\r\n", "spamtest :value \"eq\" :comparator \"i;ascii-numeric\" \"0\"")]
    [InlineData("", "spamtest :value \"eq\" :comparator \"i;ascii-numeric\" \"0\"")]
    [InlineData("X-Virus: Clean\r\n", "virustest :value \"eq\" :comparator \"i;ascii-numeric\" \"1\"")]
    [InlineData("X-Virus: infected by something\r\n", "virustest :value \"eq\" :comparator \"i;ascii-numeric\" \"5\"")]
    [InlineData("X-Virus: perhaps\r\n", "virustest :value \"eq\" :comparator \"i;ascii-numeric\" \"3\"")]
    [InlineData("", "virustest :value \"eq\" :comparator \"i;ascii-numeric\" \"0\"")]
    public async Task Checks_come_from_the_fields_that_the_operator_names(string field, string test)
    {
        await using var gateway = await fixture.StartAsync(options: new SieveDeliveryOptions { SpamHeader = "X-Spam-Score", VirusHeader = "X-Virus" });
        var user = await fixture.UserAsync(
            $"require [\"spamtest\", \"spamtestplus\", \"virustest\", \"relational\", \"comparator-i;ascii-numeric\", \"fileinto\"]; if {test} {{ fileinto \"Archive\"; }}");
        await user.TakeAsync(user.Message(more: field), gateway: gateway);
        (await user.PlacesAsync()).ShouldBe("Archive 1");
    }

    [Fact]
    public async Task Signs_of_spam_can_be_counted_and_nobody_is_believed_by_default()
    {
        var user = await fixture.UserAsync("require [\"spamtest\", \"relational\", \"comparator-i;ascii-numeric\", \"fileinto\"]; "
            + "if spamtest :value \"ge\" :comparator \"i;ascii-numeric\" \"5\" { fileinto \"Junk\"; }");
        var message = user.Message(more: "X-Spam-Level: ******\r\n");
        await user.TakeAsync(message);
        await using var gateway = await fixture.StartAsync(options: new SieveDeliveryOptions { SpamHeader = "X-Spam-Level", SpamPattern = @"(\*+)" });
        await user.TakeAsync(user.Message(more: "X-Spam-Level: ******\r\n"), gateway: gateway);
        (await user.PlacesAsync()).ShouldBe("INBOX 1, Junk 1");
    }

    [Fact]
    public void Options_that_cannot_be_are_told()
    {
        var wrong = new SieveDeliveryOptions { TimeZone = "Nowhere/Land", SpamPattern = "(", VirusClean = @"(a)\1", VirusHeader = "no field" };
        wrong.Validate().Count().ShouldBe(4);
    }

    [Fact]
    public async Task Duplicates_are_known_once_a_message_was_delivered()
    {
        var user = await fixture.UserAsync("require [\"duplicate\", \"fileinto\"]; if duplicate :header \"X-Event\" { fileinto \"Trash\"; }");
        await fixture.Engine.Quotas.SetAsync(user.Account.Id, new QuotaLimits(null, 0, null), None);
        (await user.DeliverAsync(user.Message(more: "X-Event: one\r\n"))).ShouldStartWith("552 ");
        await fixture.Engine.Quotas.SetAsync(user.Account.Id, new QuotaLimits(null, null, null), None);
        await user.TakeAsync(user.Message(more: "X-Event: one\r\n"));
        (await user.PlacesAsync()).ShouldBe("INBOX 1");
        await user.TakeAsync(user.Message(more: "X-Event: one\r\n"));
        await user.TakeAsync(user.Message(more: "X-Event: two\r\n"));
        (await user.PlacesAsync()).ShouldBe("INBOX 2, Trash 1");
    }

    [Fact]
    public async Task Work_has_a_limit()
    {
        await using var gateway = await fixture.StartAsync(limits: new SieveEngineOptions { MaxSteps = 1000 });
        var tests = string.Concat(Enumerable.Repeat("if header :contains \"Subject\" \"x\" { stop; }\r\n", 600));
        var user = await fixture.UserAsync(tests + "discard;\r\n");
        await user.TakeAsync(gateway: gateway);
        (await user.PlacesAsync()).ShouldBe("INBOX 1");
        (await user.LogAsync()).ShouldHaveSingleItem().ShouldContain("more work than is allowed");
    }

}
