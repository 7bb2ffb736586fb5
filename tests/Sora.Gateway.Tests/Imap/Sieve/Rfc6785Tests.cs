using Sora.Contracts;
using Sora.Gateway.Sieve.Mailboxes;
using Sora.Testing;

namespace Sora.Gateway.Tests.Imap.Sieve;

/// <summary>Scripts on events in IMAP, through the server (RFC 6785); its examples among them.</summary>
[Collection("imap")]
public sealed class Rfc6785Tests(ImapFixture fixture)
{
    private const string Mail = "From: ada@example.net\nTo: bob@example.com\nSubject: hello\nMessage-ID: <1@example.net>\n\nbody\n";
    private const string Raw = "Subject: new\r\n\r\nx\r\n"; // 19 bytes with CRLF

    // Section 5, example 1
    [Fact]
    public async Task Example_1_a_copy_of_what_is_added_is_sent()
    {
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("actions", """
            require ["copy", "environment", "imapsieve"];

            if anyof (environment :is "imap.cause" "APPEND",
                      environment :is "imap.cause" "COPY")  {
                if environment :is "imap.mailbox" "ActionItems" {
                    redirect :copy "actionitems@example.com";
                }
            }
            """);
        await user.DeliverAsync(Mail);
        using var client = await user.LogInAsync("CREATE ActionItems");
        await client.PlayAsync("""
            C: a SETMETADATA ActionItems (/shared/imapsieve/script "actions")
            S: a OK SETMETADATA completed
            """);
        await client.DoAsync("SELECT INBOX");
        user.Relayed.ShouldBeEmpty();
        await client.DoAsync("COPY 1 ActionItems");
        await client.DoAsync("APPEND ActionItems {19+}\r\n" + Raw);
        user.Relayed.Select(static one => one.To).ShouldBe(["actionitems@example.com", "actionitems@example.com"]);
        user.Relayed[0].Request.Sender.ShouldBe(user.Address); // section 3.4
        user.Relayed[0].Field("Subject").ShouldBe(["hello"]);
        user.Relayed[0].Text.ShouldEndWith("\r\n\r\nbody\r\n");
        user.Relayed[1].Text.ShouldEndWith(Raw);
        await client.DoAsync("SELECT ActionItems");
        (await client.DoAsync("FETCH 1:* FLAGS")).ShouldBe(["* 1 FETCH (FLAGS (\\Recent))", "* 2 FETCH (FLAGS (\\Recent))"]);
    }

    // Section 5, example 2, by mail: nobody here speaks XMPP
    [Fact]
    public async Task Example_2_a_notification_when_a_message_is_flagged()
    {
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("flags", """
            require ["enotify", "imap4flags", "variables",
                     "environment", "imapsieve"];

            if environment :matches "imap.mailbox" "*" {
                set "mailbox" "${1}";
            }

            if allof (hasflag "\\Flagged",
                      environment :contains "imap.changedflags" "\\Flagged") {
              notify :message "Important message in ${mailbox}"
                  "mailto:tim@example.com";
            }
            """);
        await user.DeliverAsync(Mail, Mail);
        using var client = await user.LogInAsync("SETMETADATA INBOX (/shared/imapsieve/script \"flags\")");
        await client.DoAsync("SELECT INBOX");
        await client.DoAsync("STORE 1 +FLAGS (\\Seen $Work)");
        user.Relayed.ShouldBeEmpty();
        await client.DoAsync("STORE 1 +FLAGS (\\Flagged)");
        user.Relayed.Single().Field("Subject").ShouldBe(["Important message in INBOX"]);
        await client.DoAsync("STORE 1 +FLAGS (\\Flagged)"); // nothing changes
        await client.DoAsync("STORE 1 -FLAGS.SILENT (\\Flagged)");
        await client.DoAsync("STORE 1 +FLAGS (\\Answered)");
        user.Relayed.Count.ShouldBe(1);
        await client.DoAsync("STORE 1:2 FLAGS (\\Flagged)");
        user.Relayed.Count.ShouldBe(3);
    }

    // Section 5, example 3
    [Fact]
    public async Task Example_3_the_capability()
    {
        using var client = await (await fixture.UserAsync()).LogInAsync();
        (await client.DoAsync("CAPABILITY"))[0].Split(' ').ShouldContain("IMAPSIEVE=sieve://sieve.example.com");
    }

    // Section 4: everything that a script can know
    [Theory]
    [InlineData("APPEND", "imap.cause=APPEND imap.mailbox=Box imap.changedflags= location=MS phase=post")]
    [InlineData("COPY", "imap.cause=COPY imap.mailbox=Box imap.changedflags= location=MS phase=post")]
    [InlineData("MOVE", "imap.cause=COPY imap.mailbox=Box imap.changedflags= location=MS phase=post")]
    [InlineData("UID MOVE", "imap.cause=COPY imap.mailbox=Box imap.changedflags= location=MS phase=post")]
    [InlineData("REPLACE", "imap.cause=APPEND imap.mailbox=Box imap.changedflags= location=MS phase=post")]
    public async Task What_is_added_starts_the_script_of_its_mailbox(string command, string expected)
    {
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", Telling);
        await user.DeliverAsync(Mail);
        using var client = await user.LogInAsync("CREATE Box");
        await client.DoAsync("SETMETADATA Box (/shared/imapsieve/script \"s\")");
        await client.DoAsync("SELECT INBOX");
        await client.DoAsync(command switch
        {
            "APPEND" => "APPEND Box {19+}\r\n" + Raw,
            "REPLACE" => "REPLACE 1 Box {19+}\r\n" + Raw,
            _ => $"{command} 1 Box",
        });
        user.Relayed.Single().Field("Subject").ShouldBe([$"{expected} imap.user={user.Address} imap.email={user.Address}"]);
    }

    // "If more than one message is affected at the same time, each message triggers the execution of a Sieve script separately" (section 2.2)
    [Fact]
    public async Task Each_message_is_an_event_of_its_own_2_2()
    {
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", Telling);
        using var client = await user.LogInAsync("SETMETADATA INBOX (/shared/imapsieve/script \"s\")");
        await client.DoAsync($"APPEND INBOX {{19+}}\r\n{Raw} {{19+}}\r\n{Raw} CATENATE (TEXT {{19+}}\r\n{Raw})");
        user.Relayed.Count.ShouldBe(3);
        user.Relayed.ShouldAllBe(static one => one.Field("Subject")[0].StartsWith("imap.cause=APPEND"));
    }

    // Section 2.2.3
    [Theory]
    [InlineData("STORE 1 +FLAGS ($Work \\Answered \\Flagged)", "\\Answered $Work")]
    [InlineData("STORE 1 -FLAGS (\\Flagged $none)", "\\Flagged")]
    [InlineData("STORE 1 FLAGS (\\Draft)", "\\Flagged \\Draft")]
    [InlineData("UID STORE 1 +FLAGS.SILENT (\\Deleted)", "\\Deleted")]
    [InlineData("FETCH 1 BODY[]", "\\Seen")]
    [InlineData("UID FETCH 1 BINARY[1]", "\\Seen")]
    public async Task Flags_that_change_start_it(string command, string changed)
    {
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", Telling);
        await user.DeliverToAsync("INBOX", Mail, FlagSet.Of(SystemFlags.Flagged));
        using var client = await user.LogInAsync("SETMETADATA INBOX (/shared/imapsieve/script \"s\")");
        await client.DoAsync("SELECT INBOX");
        await client.DoAsync(command);
        var subject = user.Relayed.Single().Field("Subject")[0];
        subject.ShouldStartWith($"imap.cause=FLAG imap.mailbox=INBOX imap.changedflags={changed} location");
    }

    [Theory]
    [InlineData("STORE 1 +FLAGS (\\Flagged)")]
    [InlineData("STORE 1 -FLAGS (\\Answered $none)")]
    [InlineData("STORE 1 (UNCHANGEDSINCE 1) +FLAGS (\\Answered)")]
    [InlineData("FETCH 1 (FLAGS BODY.PEEK[])")]
    [InlineData("NOOP")]
    public async Task What_changes_nothing_starts_nothing(string command)
    {
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", Telling);
        await user.DeliverToAsync("INBOX", Mail, FlagSet.Of(SystemFlags.Flagged));
        using var client = await user.LogInAsync("SETMETADATA INBOX (/shared/imapsieve/script \"s\")");
        await client.DoAsync("SELECT INBOX");
        await client.RunAsync(command);
        user.Relayed.ShouldBeEmpty();
    }

    // Section 3: what becomes of the message, which the client sees before the answer to its command
    [Theory]
    [InlineData("keep;", "", 0)]
    [InlineData("discard;", "\\Deleted", 0)]
    [InlineData("discard; keep;", "", 0)]
    [InlineData("fileinto \"Other\";", "\\Deleted", 1)]
    [InlineData("fileinto :copy \"Other\";", "", 1)]
    [InlineData("fileinto \"Other\"; keep;", "", 1)]
    [InlineData("redirect \"x@example.net\";", "\\Deleted", 0)]
    [InlineData("redirect :copy \"x@example.net\";", "", 0)]
    [InlineData("addflag [\"\\\\Flagged\", \"mine\"];", "\\Flagged mine", 0)]
    [InlineData("removeflag \"\\\\Answered\";", "-\\Answered", 0)]
    [InlineData("fileinto \"None\";", "", 0)] // an error keeps the message
    [InlineData("discard; if envelope \"from\" \"x\" { stop; }", "", 0)] // section 4.6
    public async Task What_becomes_of_the_message_3(string script, string change, int copies)
    {
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", $"require [\"copy\", \"fileinto\", \"imap4flags\", \"envelope\"]; {script}");
        await user.DeliverAsync(Mail);
        using var client = await user.LogInAsync("CREATE Other");
        await client.DoAsync("SETMETADATA INBOX (/shared/imapsieve/script \"s\")");
        await client.DoAsync("SELECT INBOX");
        await client.DoAsync("STORE 1 +FLAGS (\\Answered)");
        var expected = change == "-\\Answered" ? "\\Recent" : change switch
        {
            "" => "\\Answered \\Recent",
            "\\Deleted" => "\\Answered \\Deleted \\Recent",
            _ => "\\Answered \\Flagged \\Recent mine",
        };
        (await client.DoAsync("FETCH 1 FLAGS")).ShouldContain($"* 1 FETCH (FLAGS ({expected}))");
        (await client.DoAsync("STATUS Other (MESSAGES)"))[0].ShouldBe($"* STATUS Other (MESSAGES {copies})");
    }

    [Fact]
    public async Task Flags_are_told_before_the_answer()
    {
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", "require \"imap4flags\"; addflag \"checked\";");
        await user.DeliverAsync(Mail);
        using var client = await user.LogInAsync("SETMETADATA INBOX (/shared/imapsieve/script \"s\")");
        await client.DoAsync("SELECT INBOX");
        await client.PlayAsync("""
            C: a STORE 1 +FLAGS (\Seen)
            S: * 1 FETCH (FLAGS (\Seen \Recent))
            S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft checked)
            S: * OK [PERMANENTFLAGS …
            S: * 1 FETCH (FLAGS (\Seen \Recent checked))
            S: a OK STORE completed
            """);
    }

    // "fileinto always creates a new message": what is in INBOX is copied into INBOX, with the flags of the script
    [Fact]
    public async Task Fileinto_of_the_same_mailbox_is_a_copy_3_3()
    {
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", "require [\"fileinto\", \"imap4flags\"]; fileinto :flags \"copied\" \"INBOX\";");
        await user.DeliverAsync(Mail);
        using var client = await user.LogInAsync("SETMETADATA INBOX (/shared/imapsieve/script \"s\")");
        await client.DoAsync("SELECT INBOX");
        await client.DoAsync("STORE 1 +FLAGS (\\Seen)");
        var flags = await client.DoAsync("FETCH 1:* FLAGS");
        flags.ShouldContain("* 1 FETCH (FLAGS (\\Deleted \\Seen \\Recent))");
        flags.ShouldContain(static line => line.StartsWith("* 2 FETCH (FLAGS (") && line.Contains("copied") && !line.Contains("Deleted") && !line.Contains("Seen"));
        flags.Count(static line => line.Contains("FETCH")).ShouldBe(2); // and no event in turn
    }

    // Changes "MUST NOT be retained for any keep action", and go with what is filed and sent (sections 3.1, 3.7)
    [Fact]
    public async Task A_changed_message_is_filed_and_sent_but_not_kept_3_7()
    {
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", "require [\"editheader\", \"fileinto\", \"copy\"]; addheader \"X-New\" \"yes\"; fileinto :copy \"Trash\"; redirect :copy \"x@example.net\";");
        await user.DeliverAsync(Mail);
        using var client = await user.LogInAsync("SETMETADATA INBOX (/shared/imapsieve/script \"s\")");
        await client.DoAsync("SELECT INBOX");
        await client.DoAsync("STORE 1 +FLAGS (\\Seen)");
        string.Join('\n', await client.DoAsync("FETCH 1 BODY.PEEK[HEADER.FIELDS (X-New)]")).ShouldNotContain("yes");
        await client.DoAsync("SELECT Trash");
        string.Join('\n', await client.DoAsync("FETCH 1 BODY.PEEK[]")).ShouldContain("X-New: yes");
        user.Relayed.Single().Text.ShouldStartWith("X-New: yes\r\nFrom:");
    }

    // Flags that a script sets when a message is added start the script once more, those that it sets because of flags do not (sections 2.2.3, 3.8); \Deleted never does (2.2.4)
    [Theory]
    [InlineData("addflag \"a\";", 2)]
    [InlineData("if hasflag \"a\" { addflag \"b\"; } else { addflag \"a\"; }", 2)]
    [InlineData("discard;", 1)]
    [InlineData("keep;", 1)]
    public async Task Scripts_do_not_go_in_circles(string script, int runs)
    {
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", $"require [\"imap4flags\", \"enotify\"]; notify :message \"run\" \"mailto:tim@example.com\"; {script}");
        using var client = await user.LogInAsync("SETMETADATA INBOX (/shared/imapsieve/script \"s\")");
        await client.DoAsync("APPEND INBOX {19+}\r\n" + Raw);
        user.Relayed.Count.ShouldBe(runs);
    }

    // Section 2.3.1: which script
    [Fact]
    public async Task The_mailboxs_entry_goes_before_the_servers_even_when_it_is_of_no_use_2_3_1()
    {
        await using var gateway = await fixture.StartAsync(TimeProvider.System);
        var user = await fixture.UserAsync();
        var other = await fixture.UserAsync();
        var administrator = new TestUser(fixture, "admin@example.com", (await fixture.Engine.Accounts.FindAsync("admin@example.com", CancellationToken.None)) is { } known
            ? fixture.Engine.Accounts.Get(known.Account) : await fixture.Node.CreateAccountAsync("admin@example.com"));
        await user.PutScriptAsync("everywhere", Noting("server"));
        await user.PutScriptAsync("here", Noting("mailbox"));
        using var root = await administrator.LogInAsync();
        using var client = await user.LogInAsync("CREATE Box");
        using var another = await other.LogInAsync();
        (await client.RunAsync("SETMETADATA \"\" (/shared/imapsieve/script \"here\")"))[^1].ShouldStartWith("NO [NOPERM]");
        await root.DoAsync("SETMETADATA \"\" (/shared/imapsieve/script \"everywhere\")");
        try
        {
            (await RunAsync()).ShouldBe("server");
            await client.DoAsync("SETMETADATA Box (/shared/imapsieve/script \"here\")");
            (await RunAsync()).ShouldBe("mailbox");
            await client.DoAsync("SETMETADATA Box (/shared/imapsieve/script \"\")");
            (await RunAsync()).ShouldBe("");
            await client.DoAsync("SETMETADATA Box (/shared/imapsieve/script \"missing\")");
            (await RunAsync()).ShouldBe("");
            await client.DoAsync("SETMETADATA Box (/SHARED/imapsieve/SCRIPT NIL)");
            (await RunAsync()).ShouldBe("server");

            // Who has no script by that name runs none
            await another.DoAsync("APPEND INBOX {19+}\r\n" + Raw);
            other.Relayed.ShouldBeEmpty();
        }
        finally
        {
            await root.DoAsync("SETMETADATA \"\" (/shared/imapsieve/script NIL)");
        }

        (await RunAsync()).ShouldBe("");

        async Task<string> RunAsync()
        {
            var before = user.Relayed.Count;
            await client.DoAsync("APPEND Box {19+}\r\n" + Raw);
            return string.Join(' ', user.Relayed.Skip(before).Select(static one => one.Field("Subject")[0]));
        }
    }

    [Theory]
    [InlineData("\"ok name\"", "OK SETMETADATA completed")]
    [InlineData("\"\"", "OK SETMETADATA completed")]
    [InlineData("NIL", "OK SETMETADATA completed")]
    [InlineData("{3+}\r\na\tb", "NO [CANNOT] The value cannot be the name of a script")]
    [InlineData("{2+}\r\n\u00ff\u00ff", "NO [CANNOT] The value cannot be the name of a script")]
    public async Task The_value_is_the_name_of_a_script(string value, string answer)
    {
        using var client = await (await fixture.UserAsync()).LogInAsync();
        (await client.RunAsync($"SETMETADATA INBOX (/shared/imapsieve/script {value})"))[^1].ShouldBe(answer);
    }

    // Reject, vacation: "MUST result in an error condition that will terminate the Sieve script" (section 3.11)
    [Theory]
    [InlineData("require \"vacation\"; vacation \"away\"; discard;")]
    [InlineData("require [\"reject\", \"fileinto\"]; fileinto \"Trash\"; reject \"no\";")]
    [InlineData("require \"ereject\"; ereject \"no\";")]
    public async Task What_answers_deliveries_is_an_error_3_11(string script)
    {
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", script);
        using var client = await user.LogInAsync("SETMETADATA INBOX (/shared/imapsieve/script \"s\")");
        (await client.RunAsync("APPEND INBOX {19+}\r\n" + Raw))[^1].ShouldStartWith("OK [APPENDUID ");
        await client.DoAsync("SELECT INBOX");
        (await client.DoAsync("FETCH 1 FLAGS")).ShouldContain("* 1 FETCH (FLAGS (\\Recent))");
        (await client.DoAsync("STATUS Trash (MESSAGES)"))[0].ShouldBe("* STATUS Trash (MESSAGES 0)");
        user.Relayed.ShouldBeEmpty();
        (await user.ScriptLogAsync()).Single().ShouldContain("(RFC 6785 section 3.11)");
    }

    // The script is the owner's, and does what the owner may, whoever starts it
    [Fact]
    public async Task Who_shares_a_mailbox_starts_its_owners_script()
    {
        var domain = $"{Guid.NewGuid():n}.example";
        var owner = await fixture.UserAsync(domain);
        var guest = await fixture.UserAsync(domain);
        await owner.PutScriptAsync("s", Telling.Replace("keep;", "fileinto \"Trash\";", StringComparison.Ordinal));
        await guest.PutScriptAsync("s", Noting("the guest's"));
        using var client = await owner.LogInAsync("CREATE Box");
        await client.DoAsync("SETMETADATA Box (/shared/imapsieve/script \"s\")");
        await client.DoAsync($"SETACL Box {guest.Address} lrwi");
        using var other = await guest.LogInAsync();
        await other.DoAsync($"APPEND \"Other Users/{owner.Address}/Box\" {{19+}}\r\n{Raw}");
        guest.Relayed.ShouldBeEmpty();
        owner.Relayed.Single().Field("Subject")[0].ShouldBe(
            $"imap.cause=APPEND imap.mailbox=Box imap.changedflags= location=MS phase=post imap.user={guest.Address} imap.email={guest.Address}");
        (await client.DoAsync("STATUS Trash (MESSAGES)"))[0].ShouldBe("* STATUS Trash (MESSAGES 1)");
        (await other.RunAsync($"SETMETADATA \"Other Users/{owner.Address}/Box\" (/shared/imapsieve/script \"x\")"))[^1].ShouldStartWith("NO [NOPERM]");
        (await other.RunAsync($"SETMETADATA \"Other Users/{owner.Address}/Box\" (/shared/comment \"x\")"))[^1].ShouldBe("OK SETMETADATA completed");
    }

    // COPY and MOVE into the mailbox of somebody else: the script that the mailbox has been given runs for its owner
    [Theory]
    [InlineData("COPY 1")]
    [InlineData("UID COPY 1")]
    [InlineData("MOVE 1")]
    public async Task What_is_copied_into_another_account_starts_its_script(string command)
    {
        var domain = $"{Guid.NewGuid():n}.example";
        var (owner, guest) = (await fixture.UserAsync(domain), await fixture.UserAsync(domain));
        await owner.PutScriptAsync("s", Telling.Replace("keep;", "fileinto :flags \"\\\\Flagged\" \"Trash\";", StringComparison.Ordinal).Replace("[\"enotify\"", "[\"imap4flags\", \"enotify\"", StringComparison.Ordinal));
        await guest.DeliverAsync(Mail);
        using var client = await owner.LogInAsync("CREATE Box");
        await client.DoAsync("SETMETADATA Box (/shared/imapsieve/script \"s\")");
        await client.DoAsync($"SETACL Box {guest.Address} lrwi");
        using var other = await guest.LogInAsync("SELECT INBOX");
        await other.DoAsync($"{command} \"Other Users/{owner.Address}/Box\"");
        guest.Relayed.ShouldBeEmpty();
        owner.Relayed.Single().Field("Subject")[0].ShouldBe(
            $"imap.cause=COPY imap.mailbox=Box imap.changedflags= location=MS phase=post imap.user={guest.Address} imap.email={guest.Address}");
        (await client.DoAsync("STATUS Trash (MESSAGES)"))[0].ShouldBe("* STATUS Trash (MESSAGES 1)");
        await client.DoAsync("SELECT Box");
        (await client.DoAsync("FETCH 1 FLAGS"))[^1].ShouldBe("* 1 FETCH (FLAGS (\\Deleted \\Recent))");
    }

    // "any changes made to the message ... MUST be considered transient" (section 3.9); "spamtest ... applicable in all cases" (section 3.10)
    [Fact]
    public async Task Parts_are_replaced_in_what_is_filed_alone_3_9()
    {
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", """
            require ["mime", "replace", "fileinto", "copy", "spamtest", "relational", "comparator-i;ascii-numeric"];
            if spamtest :value "ge" "0" { replace :subject "other" "gone"; fileinto :copy "Trash"; }
            """);
        using var client = await user.LogInAsync("SETMETADATA INBOX (/shared/imapsieve/script \"s\")");
        await client.DoAsync("APPEND INBOX {19+}\r\n" + Raw);
        await client.DoAsync("SELECT INBOX");
        (await client.DoAsync("FETCH 1 BODY.PEEK[]")).ShouldContain("Subject: new");
        (await client.DoAsync("FETCH 1 FLAGS"))[^1].ShouldBe("* 1 FETCH (FLAGS (\\Recent))");
        await client.DoAsync("SELECT Trash");
        var filed = await client.DoAsync("FETCH 1 BODY.PEEK[]");
        filed.ShouldContain("Subject: other");
        filed.ShouldContain("gone)");
    }

    // "The value of this item is fixed when the script begins, and, in particular, MUST NOT change as a result of any action" (section 4.4)
    [Fact]
    public async Task The_mailbox_is_the_one_of_the_event_4_4()
    {
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", "require [\"fileinto\", \"environment\", \"enotify\"]; fileinto \"Trash\"; if environment \"imap.mailbox\" \"INBOX\" { notify :message \"still\" \"mailto:tim@example.com\"; }");
        using var client = await user.LogInAsync("SETMETADATA INBOX (/shared/imapsieve/script \"s\")");
        await client.DoAsync("APPEND INBOX {19+}\r\n" + Raw);
        user.Relayed.Single().Field("Subject").ShouldBe(["still"]);
    }

    // What is said of the envelope is what the message itself says of it, and not the owner's address
    [Theory]
    [InlineData("Return-Path: <spammer@example.net>\r\nDelivered-To: me@example.com\r\n", "<spammer@example.net>", "<me@example.com>")]
    [InlineData("Return-Path: <>\r\n", "<>", null)]
    [InlineData("", null, null)]
    public async Task A_report_of_abuse_is_sent_about_what_is_moved_into_junk(string prefix, string? from, string? to)
    {
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", "require [\"vnd.dovecot.report\", \"imapsieve\", \"environment\"]; if environment \"imap.cause\" \"COPY\" { report \"abuse\" \"moved to Junk\" \"abuse@example.net\"; }");
        await user.DeliverToAsync("INBOX", Mail, prefix: prefix);
        using var client = await user.LogInAsync("SETMETADATA Junk (/shared/imapsieve/script \"s\")");
        await client.DoAsync("SELECT INBOX");
        await client.DoAsync("MOVE 1 Junk");
        var sent = user.Relayed.ShouldHaveSingleItem();
        (sent.Request.Kind, sent.Request.Sender, sent.To).ShouldBe((RelayKind.Report, "", "abuse@example.net"));
        sent.Field("Content-Type").ShouldHaveSingleItem().ShouldStartWith("multipart/report; report-type=feedback-report;");
        sent.Text.ShouldContain("\r\n\r\nbody\r\n");
        LineOf("Original-Mail-From: ").ShouldBe(from);
        LineOf("Original-Rcpt-To: ").ShouldBe(to);
        await client.DoAsync("SELECT Junk");
        (await client.DoAsync("FETCH 1 FLAGS"))[^1].ShouldBe("* 1 FETCH (FLAGS (\\Recent))"); // report cancels no keep

        string? LineOf(string field) => sent.Text.Split("\r\n").FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal))?[field.Length..];
    }

    [Fact]
    public async Task Deliveries_are_no_events()
    {
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", Noting("event"));
        using var client = await user.LogInAsync("SETMETADATA INBOX (/shared/imapsieve/script \"s\")");
        await user.DeliverAsync(Mail);
        await client.DoAsync("SELECT INBOX");
        user.Relayed.ShouldBeEmpty();
    }

    [Fact]
    public async Task Where_it_is_switched_off_nothing_runs_and_nothing_is_said()
    {
        await using var gateway = await fixture.StartAsync(TimeProvider.System, sieve: new SieveImapOptions { Events = false, Filter = false });
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", Noting("event"));
        using var client = await user.LogInAsync("SETMETADATA INBOX (/shared/imapsieve/script \"s\")", gateway);
        (await client.DoAsync("CAPABILITY"))[0].ShouldNotContain("SIEVE");
        await client.DoAsync("APPEND INBOX {19+}\r\n" + Raw);
        await client.DoAsync("SELECT INBOX");
        (await client.RunAsync("FILTER SIEVE DELIVERY ALL"))[^1].ShouldBe("BAD Unknown command");
        user.Relayed.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_not_kept_can_be_expunged_2_2_4()
    {
        await using var gateway = await fixture.StartAsync(TimeProvider.System, sieve: new SieveImapOptions { ExpungeDiscarded = true });
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", "discard;");
        await user.DeliverToAsync("INBOX", Mail, FlagSet.Of(SystemFlags.Deleted));
        using var client = await user.LogInAsync("SETMETADATA INBOX (/shared/imapsieve/script \"s\")", gateway);
        await client.DoAsync("SELECT INBOX");
        await client.PlayAsync($"""
            C: a APPEND INBOX {"{8+}"}
            C: x: y
            C:
            C:
            S: * 2 EXISTS
            S: * 2 RECENT
            S: * 2 EXPUNGE
            S: a OK [APPENDUID … 2] APPEND completed
            """);
    }

    // Beyond the wait a command is answered, and its scripts go on
    [Fact]
    public async Task A_command_does_not_wait_for_ever()
    {
        await using var gateway = await fixture.StartAsync(TimeProvider.System, sieve: new SieveImapOptions { Wait = TimeSpan.Zero, Concurrency = 1 });
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", "require \"imap4flags\"; addflag \"seen-by-script\";");
        for (var i = 0; i < 3; i++)
            await user.DeliverAsync(Mail);
        using var client = await user.LogInAsync("SETMETADATA Trash (/shared/imapsieve/script \"s\")", gateway);
        await client.DoAsync("SELECT INBOX");
        await client.DoAsync("COPY 1:* Trash");
        await client.DoAsync("SELECT Trash");
        await Eventually.WaitAsync(async () => (await client.DoAsync("SEARCH KEYWORD seen-by-script"))[0] == "* SEARCH 1 2 3");
    }

    private const string Telling = """
        require ["enotify", "imapsieve", "environment", "variables", "fileinto"];
        set "all" "";
        if environment :matches "imap.cause" "*" { set "all" "imap.cause=${1}"; }
        if environment :matches "imap.mailbox" "*" { set "all" "${all} imap.mailbox=${1}"; }
        if environment :matches "imap.changedflags" "*" { set "all" "${all} imap.changedflags=${1}"; }
        if environment :matches "location" "*" { set "all" "${all} location=${1}"; }
        if environment :matches "phase" "*" { set "all" "${all} phase=${1}"; }
        if environment :matches "imap.user" "*" { set "all" "${all} imap.user=${1}"; }
        if environment :matches "imap.email" "*" { set "all" "${all} imap.email=${1}"; }
        notify :message "${all}" "mailto:tim@example.com";
        keep;
        """;

    private static string Noting(string text) => $"require \"enotify\"; notify :message \"{text}\" \"mailto:tim@example.com\";";
}
