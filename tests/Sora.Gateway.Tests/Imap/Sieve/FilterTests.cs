using Sora.Contracts;
using Sora.Gateway.Imap;
using Sora.Gateway.Sieve.Mailboxes;
using Sora.Mailstore.Sieve;
using Sora.Testing;

namespace Sora.Gateway.Tests.Imap.Sieve;

/// <summary>FILTER and UID FILTER (draft-bosch-imap-filter-sieve-00).</summary>
[Collection("imap")]
public sealed class FilterTests(ImapFixture fixture)
{
    private const string First = "From: ada@example.net\nSubject: Male Enhancement\nMessage-ID: <1@example.net>\n\nbody\n";
    private const string Second = "From: bob@example.net\nSubject: hello\nMessage-ID: <2@example.net>\n\nbody\n";

    // Section 3.2, the last example: what is discarded is told with its flags; what is kept is not told
    [Fact]
    public async Task The_clients_script_runs_on_what_matches()
    {
        using var client = await StartAsync(await fixture.UserAsync());
        await client.PlayAsync("""
            C: A004 UID FILTER SIEVE SCRIPT {81+}
            C: if header :contains "subject"
            C:   "Male Enhancement" {
            C:   discard;
            C:   stop;
            C: }
            C:
            C:  ALL
            S: * 1 FETCH (FLAGS (\Deleted \Recent))
            S: * 1 FILTERED (TAG "A004") UID 1 OK
            S: A004 OK FILTER completed
            C: A005 FILTER SIEVE SCRIPT "keep;" ALL
            S: A005 OK FILTER completed
            C: A006 FILTER SIEVE SCRIPT "require \"imap4flags\"; addflag \"x\";" CHARSET UTF-8 SUBJECT hello
            S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft x)
            S: * OK [PERMANENTFLAGS …
            S: * 2 FETCH (FLAGS (\Recent x))
            S: * 2 FILTERED (TAG "A006") OK
            S: A006 OK FILTER completed
            C: A007 UID FILTER SIEVE SCRIPT "discard;" SUBJECT nothing
            S: A007 OK FILTER completed
            """);
    }

    // Section 3.4: what is wrong with the script itself
    [Fact]
    public async Task A_script_that_does_not_compile_touches_nothing()
    {
        using var client = await StartAsync(await fixture.UserAsync());
        await client.PlayAsync("""
            C: A003 UID FILTER SIEVE SCRIPT "if subject :contains \"x\" { discard; }" ALL
            S: * FILTER (TAG "A003") ERRORS {…}
            S: line 1, column 4: error: …
            S:
            S: A003 NO Sieve script does not compile
            C: a FILTER SIEVE SCRIPT "require \"imapsieve\"; discard;" ALL
            S: * FILTER (TAG "a") ERRORS {…}
            S: line 1, column 9: error: …imapsieve…
            S:
            S: a NO Sieve script does not compile
            C: d FILTER SIEVE SCRIPT "require \"vnd.dovecot.imapsieve\"; discard;" ALL
            S: * FILTER (TAG "d") ERRORS {…}
            S: line 1, column 9: error: …vnd.dovecot.imapsieve…
            S:
            S: d NO Sieve script does not compile
            C: b FETCH 1:* FLAGS
            S: * 1 FETCH (FLAGS (\Recent))
            S: * 2 FETCH (FLAGS (\Recent))
            S: b OK FETCH completed
            """);
    }

    // Section 3.3: an error leaves the message as it is
    [Fact]
    public async Task An_error_is_told_for_each_message()
    {
        var user = await fixture.UserAsync();
        using var client = await StartAsync(user);
        await client.PlayAsync("""
            C: a UID FILTER SIEVE SCRIPT "require \"fileinto\"; if header :is \"subject\" \"hello\" { fileinto \"lists/ietf\"; }" ALL
            S: * 2 FILTERED (TAG "a") UID 2 ERRORS {…}
            S: line 1: fileinto: There is no mailbox "lists/ietf" that messages can be put into
            S:
            S: a OK FILTER completed
            C: b FETCH 2 FLAGS
            S: * 2 FETCH (FLAGS (\Recent))
            S: b OK FETCH completed
            """);
        (await user.ScriptLogAsync()).Single().ShouldContain("lists/ietf");
    }

    // Section 3.2: where the scripts come from
    [Fact]
    public async Task Scripts_are_those_of_the_user_of_the_site_and_of_deliveries()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("global.sieve"), "require \"imap4flags\"; addflag \"by-global\";");
        await File.WriteAllTextAsync(folder.File("before"), "require \"imap4flags\"; addflag \"by-before\";");
        await using var gateway = await fixture.StartAsync(TimeProvider.System, site: new SieveOptions { GlobalFolder = folder.Path, Before = [folder.File("before")] });
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("mine", "require \"imap4flags\"; addflag \"by-mine\";");
        await user.PutScriptAsync("active", "require [\"imap4flags\", \"envelope\"]; if envelope \"from\" \"sender@example.net\" { addflag \"by-active\"; }", activate: true);
        await user.DeliverToAsync("INBOX", Second, prefix: $"Return-Path: <sender@example.net>\r\nDelivered-To: {user.Address}\r\n");
        using var client = await user.LogInAsync("SELECT INBOX", gateway);
        (await client.DoAsync("FILTER SIEVE PERSONAL mine ALL"))[^1].ShouldStartWith("* 1 FILTERED (TAG \"");
        (await client.DoAsync("UID FILTER SIEVE GLOBAL \"global\" 1"))[^1].ShouldEndWith(" UID 1 OK");
        (await client.DoAsync("FILTER SIEVE DELIVERY ALL"))[^1].ShouldEndWith(" OK");
        (await client.DoAsync("FETCH 1 FLAGS"))[^1].ShouldBe("* 1 FETCH (FLAGS (\\Recent by-mine by-global by-before by-active))");
        (await client.RunAsync("FILTER SIEVE PERSONAL none ALL")).ShouldBe(["NO [NONEXISTENT] There is no script by that name"]);
        (await client.RunAsync("FILTER SIEVE GLOBAL none ALL"))[^1].ShouldStartWith("NO [NONEXISTENT] ");
        (await client.RunAsync("FILTER SIEVE PERSONAL \"\" ALL"))[^1].ShouldStartWith("NO [CANNOT] ");
    }

    // Section 4: what becomes of the message
    [Theory]
    [InlineData("keep;", "\\Flagged", null, 0)]
    [InlineData("discard;", "\\Flagged \\Deleted", "OK", 0)]
    [InlineData("fileinto \"Trash\";", "\\Flagged \\Deleted", "OK", 1)]
    [InlineData("fileinto :copy \"Trash\";", "\\Flagged", "OK", 1)]
    [InlineData("redirect \"x@example.net\";", "\\Flagged \\Deleted", "OK", 0)]
    [InlineData("redirect :copy \"x@example.net\";", "\\Flagged", "OK", 0)]
    [InlineData("reject \"no\";", "\\Flagged", null, 0)] // section 4.10
    [InlineData("vacation \"away\";", "\\Flagged", null, 0)]
    [InlineData("fileinto \"INBOX\";", "\\Flagged", null, 0)] // where it is already (section 3.2)
    [InlineData("fileinto :flags \"\\\\Seen\" \"INBOX\";", "\\Seen", "OK", 0)]
    [InlineData("if hasflag \"\\\\Flagged\" { setflag \"y\"; }", "y", "OK", 0)]
    public async Task What_becomes_of_the_message_4(string script, string flags, string? answer, int copies)
    {
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", $"require [\"fileinto\", \"copy\", \"imap4flags\", \"reject\", \"vacation\"]; {script}");
        await user.DeliverToAsync("INBOX", Second, FlagSet.Of(SystemFlags.Flagged), prefix: "Return-Path: <sender@example.net>\r\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        var lines = await client.DoAsync("UID FILTER SIEVE PERSONAL s ALL");
        lines.Where(static line => line.Contains("FILTERED")).Select(static line => line[(line.IndexOf("UID 1", StringComparison.Ordinal) + 6)..]).ShouldBe(answer is null ? [] : [answer]);
        var told = (await client.DoAsync("FETCH 1 FLAGS")).Single(static line => line.Contains("FETCH"));
        told[(told.LastIndexOf('(') + 1)..^2].Split(' ').Except(["\\Recent"]).ShouldBe(flags.Split(' '));
        (await client.DoAsync("STATUS Trash (MESSAGES)"))[0].ShouldBe($"* STATUS Trash (MESSAGES {copies})");
        (await client.DoAsync("STATUS INBOX (MESSAGES)"))[0].ShouldBe("* STATUS INBOX (MESSAGES 1)");
        user.Relayed.Count.ShouldBe(script.StartsWith("redirect", StringComparison.Ordinal) ? 1 : 0);
        if (user.Relayed is [var sent])
            sent.Request.Sender.ShouldBe("sender@example.net");
    }

    // "a new modified message is appended and the original message is marked as deleted" (section 4.1)
    [Fact]
    public async Task A_changed_message_takes_the_place_of_the_old_one_4_1()
    {
        using var client = await StartAsync(await fixture.UserAsync());
        await client.DoAsync("STORE 2 +FLAGS (\\Flagged)");
        await client.PlayAsync("""
            C: a FILTER SIEVE SCRIPT "require \"editheader\"; addheader \"X-New\" \"yes\";" 2
            S: * 3 EXISTS
            S: * 3 RECENT
            S: * 2 FETCH (FLAGS (\Flagged \Deleted \Recent))
            S: * 2 FILTERED (TAG "a") OK
            S: a OK FILTER completed
            C: b FETCH 3 (FLAGS BODY.PEEK[HEADER.FIELDS (X-New Subject)])
            S: * 3 FETCH (FLAGS (\Flagged \Recent) BODY[HEADER.FIELDS (X-New Subject)] {…}
            S: X-New: yes
            S: Subject: hello
            S:
            S: )
            S: b OK FETCH completed
            """);
    }

    [Theory]
    [InlineData("FILTER SIEVE SCRIPT \"keep;\" CHARSET X-NONE ALL", "NO [BADCHARSET")]
    [InlineData("FILTER SIEVE SCRIPT \"broken\" CHARSET X-NONE ALL", "NO [BADCHARSET")] // and no FILTER response (section 3.2)
    [InlineData("FILTER SIEVE SCRIPT keep ALL", "BAD ")]
    [InlineData("FILTER SIEVE SCRIPT \"keep;\"", "BAD ")]
    [InlineData("FILTER SIEVE OTHER ALL", "BAD ")]
    [InlineData("FILTER PROCMAIL \"x\" ALL", "BAD ")]
    [InlineData("FILTER SIEVE", "BAD ")]
    [InlineData("FILTER SIEVE DELIVERY", "BAD ")]
    [InlineData("FILTER SIEVE DELIVERY NONSENSE", "BAD ")]
    public async Task What_is_wrong_is_refused(string command, string answer)
    {
        using var client = await StartAsync(await fixture.UserAsync());
        var lines = await client.RunAsync(command);
        lines.Count.ShouldBe(1);
        lines[0].ShouldStartWith(answer);
    }

    [Fact]
    public async Task It_needs_a_mailbox_that_can_be_changed()
    {
        using var client = await StartAsync(await fixture.UserAsync());
        (await client.DoAsync("CAPABILITY"))[0].Split(' ').ShouldContain("FILTER=SIEVE");
        await client.DoAsync("EXAMINE INBOX");
        (await client.RunAsync("FILTER SIEVE DELIVERY ALL"))[^1].ShouldStartWith("NO ");
        await client.DoAsync("UNSELECT");
        (await client.RunAsync("FILTER SIEVE DELIVERY ALL"))[^1].ShouldStartWith("BAD ");
        await client.DoAsync("ENABLE UIDONLY");
        await client.DoAsync("SELECT INBOX");
        (await client.RunAsync("UID FILTER SIEVE DELIVERY ALL"))[^1].ShouldStartWith("NO [CANNOT] ");
    }

    // The user's own scripts, with the user's rights, on a mailbox of somebody else
    [Fact]
    public async Task It_does_no_more_than_its_user_may()
    {
        var domain = $"{Guid.NewGuid():n}.example";
        var owner = await fixture.UserAsync(domain);
        var guest = await fixture.UserAsync(domain);
        await owner.DeliverAsync(Second);
        using var client = await owner.LogInAsync($"SETACL INBOX {guest.Address} lrw");
        using var other = await guest.LogInAsync($"SELECT \"Other Users/{owner.Address}/INBOX\"");
        (await other.DoAsync("UID FILTER SIEVE SCRIPT \"discard;\" ALL")).ShouldContain("The message stays: it may not be deleted from this mailbox");
        (await other.DoAsync("UID FILTER SIEVE SCRIPT \"require [\\\"copy\\\", \\\"fileinto\\\", \\\"imap4flags\\\"]; addflag \\\"x\\\"; fileinto :copy \\\"Trash\\\";\" ALL"))[^1].ShouldEndWith(" UID 1 OK");
        (await other.DoAsync("FETCH 1 FLAGS"))[^1].ShouldBe("* 1 FETCH (FLAGS (\\Recent x))");
        (await other.DoAsync("STATUS Trash (MESSAGES)"))[0].ShouldBe("* STATUS Trash (MESSAGES 1)");
        (await client.DoAsync("STATUS Trash (MESSAGES)"))[0].ShouldBe("* STATUS Trash (MESSAGES 0)");
    }

    // RFC 6785 section 2.2.3: whoever changes flags
    [Fact]
    public async Task Flags_that_it_changes_are_events()
    {
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("event", "require [\"enotify\", \"environment\", \"variables\"]; if environment :matches \"imap.changedflags\" \"*\" { notify :message \"${1}\" \"mailto:tim@example.com\"; }");
        using var client = await StartAsync(user);
        await client.DoAsync("SETMETADATA INBOX (/shared/imapsieve/script \"event\")");
        await client.DoAsync("FILTER SIEVE SCRIPT \"require \\\"imap4flags\\\"; addflag \\\"x\\\";\" 1");
        await client.DoAsync("FILTER SIEVE SCRIPT \"discard;\" 2");
        user.Relayed.Single().Field("Subject").ShouldBe(["x"]);
    }

    [Fact]
    public async Task Its_limits_are_kept()
    {
        await using var gateway = await fixture.StartAsync(TimeProvider.System, sieve: new SieveImapOptions { MaxFilterMessages = 1, MaxFilterErrors = 1 });
        var user = await fixture.UserAsync();
        await user.DeliverAsync(First, Second);
        using var client = await user.LogInAsync("SELECT INBOX", gateway);
        (await client.RunAsync("FILTER SIEVE SCRIPT \"discard;\" ALL")).ShouldBe(["NO [LIMIT] More than 1 messages match"]);
        (await client.DoAsync("FILTER SIEVE SCRIPT \"discard;\" 1"))[^1].ShouldEndWith(" OK");
        var wrong = await client.RunAsync("FILTER SIEVE SCRIPT \"a; b; c;\" 1");
        wrong.ShouldContain("and more");
        wrong.Count.ShouldBe(5);

        // A script is larger than other literals, up to sieve.max_script_size
        var script = new string('#', 100_000) + "\r\nkeep;";
        (await client.RunAsync($"FILTER SIEVE SCRIPT {{{script.Length}+}}\r\n{script} 1")).ShouldBe(["OK FILTER completed"]);
        script = new string('#', 300_000);
        (await client.RunAsync($"FILTER SIEVE SCRIPT {{{script.Length}+}}\r\n{script} 1"))[^1].ShouldStartWith("NO [TOOBIG] ");
    }

    // "The filter can be applied successfully ... but there were one or more general warnings" (section 3.4): once, and before what it did to messages
    [Fact]
    public async Task A_warning_does_not_stop_it_3_4()
    {
        using var client = await StartAsync(await fixture.UserAsync());
        const string Script = "if header :is \"subject\" \"\u00ff\" { keep; } discard;"; // as Latin-1: no UTF-8
        var lines = await client.DoAsync($"UID FILTER SIEVE SCRIPT {{{Script.Length}+}}\r\n{Script} ALL");
        lines[0].ShouldMatch(@"^\* FILTER \(TAG ""[^""]+""\) WARNINGS \{\d+\}$");
        lines[1].ShouldStartWith("line 1, column 25: warning: ");
        lines.Count(static line => line.StartsWith("* FILTER (", StringComparison.Ordinal)).ShouldBe(1);
        lines.Count(static line => line.Contains(" FILTERED (", StringComparison.Ordinal)).ShouldBe(2);
    }

    // "The message is left in its original state" (section 3.3)
    [Fact]
    public async Task An_error_of_one_action_takes_the_flags_back_3_3()
    {
        using var client = await StartAsync(await fixture.UserAsync());
        var script = "require [\\\"fileinto\\\", \\\"copy\\\", \\\"imap4flags\\\"]; addflag \\\"x\\\"; fileinto :copy \\\"None\\\";";
        (await client.DoAsync($"UID FILTER SIEVE SCRIPT \"{script}\" 1"))[0].ShouldMatch(@"^\* 1 FILTERED \(TAG ""[^""]+""\) UID 1 ERRORS \{\d+\}$");
        (await client.DoAsync("FETCH 1 FLAGS"))[^1].ShouldBe("* 1 FETCH (FLAGS (\\Recent))");
    }

    [Fact]
    public async Task What_takes_too_long_is_ended_and_what_was_done_stays()
    {
        await using var gateway = await fixture.StartAsync(TimeProvider.System, sieve: new SieveImapOptions { FilterTimeout = TimeSpan.FromSeconds(2) });
        var user = await fixture.UserAsync();
        await user.DeliverAsync(First, Second);
        using var client = await user.LogInAsync("SELECT INBOX", gateway);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Messages.Gate = gate.Task;
        try
        {
            var script = "require \\\"body\\\"; if header :contains \\\"subject\\\" \\\"Male\\\" { discard; } elsif body :contains \\\"x\\\" { keep; }";
            (await client.RunAsync($"UID FILTER SIEVE SCRIPT \"{script}\" ALL"))[^1].ShouldBe("NO [LIMIT] Filter took too long; not all messages were filtered");
        }
        finally
        {
            gate.SetResult();
            fixture.Messages.Gate = Task.CompletedTask;
        }

        (await client.DoAsync("SEARCH DELETED"))[^1].ShouldBe("* SEARCH 1");
    }

    [Fact]
    public async Task A_message_that_cannot_be_read_is_an_error_of_its_own()
    {
        using var client = await StartAsync(await fixture.UserAsync());
        fixture.Messages.BrokenSize = Second.ReplaceLineEndings("\r\n").Length;
        try
        {
            var lines = await client.DoAsync("UID FILTER SIEVE SCRIPT \"require \\\"body\\\"; if body :contains \\\"body\\\" { discard; }\" ALL");
            lines.ShouldContain(static line => line.EndsWith("UID 1 OK", StringComparison.Ordinal));
            lines.ShouldContain(static line => line.Contains("UID 2 ERRORS {", StringComparison.Ordinal));
            lines.ShouldContain("The message cannot be read");
        }
        finally
        {
            fixture.Messages.BrokenSize = null;
        }

        (await client.DoAsync("SEARCH DELETED"))[^1].ShouldBe("* SEARCH 1");
    }

    // Message numbers are those of the session, whatever others have expunged (section 3.3)
    [Fact]
    public async Task Numbers_are_the_sessions_and_saved_results_are_known()
    {
        var user = await fixture.UserAsync();
        using var client = await StartAsync(user);
        await client.DoAsync("SEARCH RETURN (SAVE) SUBJECT hello");
        (await client.DoAsync("FILTER SIEVE SCRIPT \"discard;\" $"))[^1].ShouldStartWith("* 2 FILTERED ");
        (await client.DoAsync("UID FILTER SIEVE SCRIPT \"require \\\"imap4flags\\\"; addflag \\\"y\\\";\" UID 2"))[^1].ShouldEndWith(" UID 2 OK");
        (await client.RunAsync("FILTER SIEVE SCRIPT \"discard;\" 3")).ShouldBe(["OK FILTER completed"]); // as SEARCH 3
        (await client.RunAsync("UID FILTER SIEVE SCRIPT \"discard;\" UID 77")).ShouldBe(["OK FILTER completed"]);
    }

    [Fact]
    public async Task Limits_of_searches_and_messages_are_its_own_too()
    {
        var options = new ImapOptions { AuthFailureDelay = TimeSpan.Zero, MessageLimit = 1, SearchRate = 2 };
        await using var gateway = await fixture.StartAsync(TimeProvider.System, options);
        var user = await fixture.UserAsync();
        await user.DeliverAsync(First, Second);
        using var client = await user.LogInAsync("SELECT INBOX", gateway);
        (await client.RunAsync("UID FILTER SIEVE SCRIPT \"discard;\" ALL")).ShouldBe(["NO [MESSAGELIMIT 1 2] Too many messages at once"]);
        (await client.DoAsync("UID FILTER SIEVE SCRIPT \"discard;\" 1"))[^1].ShouldEndWith(" UID 1 OK");
        (await client.RunAsync("UID FILTER SIEVE SCRIPT \"discard;\" 2"))[^1].ShouldStartWith("NO [LIMIT] ");
    }

    [Theory]
    [InlineData("FILTER=SIEVE")]
    [InlineData("filter=sieve")]
    public async Task It_can_be_switched_off_by_its_capability(string name)
    {
        await using var gateway = await fixture.StartAsync(TimeProvider.System, new ImapOptions { AuthFailureDelay = TimeSpan.Zero, DisabledCaps = [name] });
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("SELECT INBOX", gateway);
        (await client.DoAsync("CAPABILITY"))[0].ShouldNotContain("FILTER=SIEVE");
        (await client.RunAsync("FILTER SIEVE SCRIPT \"keep;\" ALL"))[^1].ShouldStartWith("BAD ");
        (await client.RunAsync("UID FILTER SIEVE SCRIPT \"keep;\" ALL"))[^1].ShouldStartWith("BAD ");
    }

    // What leaves is the same as at a delivery, with the envelope that the message tells of
    [Fact]
    public async Task Reports_and_notifications_leave()
    {
        var user = await fixture.UserAsync();
        await user.DeliverToAsync("INBOX", Second, prefix: "Return-Path: <sender@example.net>\r\n");
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.DoAsync("FILTER SIEVE SCRIPT \"require [\\\"vnd.dovecot.report\\\", \\\"enotify\\\"]; report \\\"abuse\\\" \\\"x\\\" \\\"abuse@example.net\\\"; notify \\\"mailto:tim@example.com\\\";\" ALL");
        user.Relayed.Select(static one => one.To).ShouldBe(["abuse@example.net", "tim@example.com"]);
        user.Relayed[0].Text.ShouldContain("\r\nOriginal-Mail-From: <sender@example.net>\r\n");
    }

    private async Task<ImapClient> StartAsync(TestUser user)
    {
        await user.DeliverAsync(First, Second);
        return await user.LogInAsync("SELECT INBOX");
    }
}
