using Sora.Gateway.Imap;
using Sora.Gateway.Sieve.Mailboxes;
using Sora.Gateway.Tests.Connections;
using Sora.Mailstore.Sieve;
using Sora.Testing;

namespace Sora.Gateway.Tests.Imap.Sieve;

/// <summary>Scripts of the site for events: [[sieve.imap]].</summary>
[Collection("imap")]
public sealed class SiteScriptTests(ImapFixture fixture) : IDisposable
{
    private const string Mail = "From: ada@example.net\nSubject: hello\n\nbody\n";

    private const string Telling = """
        require ["enotify", "environment", "variables", "vnd.dovecot.imapsieve"];
        if environment :matches "imap.cause" "*" { set "all" "${1}"; }
        if environment :matches "imap.mailbox" "*" { set "all" "${all} in ${1}"; }
        if environment :matches "vnd.dovecot.mailbox-from" "*" { set "all" "${all} from ${1}"; }
        if environment :matches "vnd.dovecot.mailbox-to" "*" { set "all" "${all} to ${1}"; }
        notify :message "${all}" "mailto:tim@example.com";
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // The well-known set-up: what users move into Junk is spam, and what they move out of it, but into Trash, is not
    [Fact]
    public async Task What_moves_into_junk_and_out_of_it_is_reported()
    {
        await using var gateway = await StartAsync(
            Rule("Junk", "spam@filter.example.net", causes: ["COPY"]),
            Rule("*", "ham@filter.example.net", from: "Junk", causes: ["copy"]));
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail);
        using var client = await user.LogInAsync("SELECT INBOX", gateway);
        await client.DoAsync("MOVE 1 Junk");
        await client.DoAsync("COPY 1 Trash");
        await client.DoAsync("APPEND Junk {6+}\r\nx: y\r\n");
        user.Relayed.Select(static one => one.To).ShouldBe(["spam@filter.example.net"]);
        await client.DoAsync("SELECT Junk");
        await client.DoAsync("STORE 1 +FLAGS (\\Seen)");
        await client.DoAsync("MOVE 1 INBOX");
        user.Relayed.Select(static one => one.To).ShouldBe(["spam@filter.example.net", "ham@filter.example.net"]);
        user.Relayed[1].Text.ShouldContain("Subject: hello\r\n");
    }

    [Fact]
    public async Task They_run_around_the_users_script_as_long_as_the_message_is_kept()
    {
        var before = Write("before", "require \"imap4flags\"; addflag \"before\";");
        var after = Write("after", "require \"imap4flags\"; addflag \"after\";");
        await using var gateway = await StartAsync(new SieveImapRuleOptions { Mailbox = "%", Before = [before], After = [after] });
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("keeps", "require \"imap4flags\"; addflag \"user\";");
        await user.PutScriptAsync("discards", "discard;");
        using var client = await user.LogInAsync("CREATE Box/Below", gateway);
        (await RunAsync("Box", "keeps")).ShouldBe("\\Recent before user after");
        (await RunAsync("Trash", "discards")).ShouldBe("\\Deleted \\Recent");
        (await RunAsync("Junk", "")).ShouldBe("\\Recent before after");
        (await RunAsync("Box/Below", "keeps")).ShouldBe("\\Recent user"); // % is one level

        async Task<string> RunAsync(string mailbox, string script)
        {
            await client.DoAsync($"SETMETADATA {mailbox} (/shared/imapsieve/script \"{script}\")");
            await client.DoAsync($"APPEND {mailbox} {{6+}}\r\nx: y\r\n");
            await client.DoAsync($"SELECT {mailbox}");
            var line = (await client.DoAsync("FETCH 1 FLAGS"))[^1];
            return line[(line.LastIndexOf('(') + 1)..^2];
        }
    }

    // Pigeonhole's imapsieve_mailboxXXX_copy_source_after: the original of a copy, when all went well with the copy
    [Fact]
    public async Task The_original_of_a_copy_has_scripts_of_its_own()
    {
        await using var gateway = await StartAsync(
            new SieveImapRuleOptions
            {
                Mailbox = "Archive", From = "INBOX", Causes = ["COPY"], CopySourceAfter = [Write("source", $"require \"imap4flags\"; {Telling} addflag \"copied\";")],
                Before = [Write("target", $"require \"envelope\"; {Telling} if allof (header :is \"subject\" \"broken\", envelope \"from\" \"x\") {{ stop; }}")],
            });
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail.Replace("hello", "broken", StringComparison.Ordinal), Mail);
        using var client = await user.LogInAsync("SELECT INBOX", gateway);
        await client.DoAsync("COPY 1:3 Archive");
        var (target, source) = ("COPY in Archive from INBOX to Archive", "COPY in INBOX from INBOX to Archive");
        user.Relayed.Select(static one => one.Field("Subject")[0]).ShouldBe([target, target, source, source]);
        (await client.DoAsync("FETCH 1:3 FLAGS"))
            .Where(static line => line.Contains("FETCH", StringComparison.Ordinal))
            .ShouldBe(["* 1 FETCH (FLAGS (\\Recent copied))", "* 2 FETCH (FLAGS (\\Recent))", "* 3 FETCH (FLAGS (\\Recent copied))"]);

        // What has been moved has no original any more, and another mailbox is another rule
        await client.DoAsync("MOVE 1 Archive");
        await client.DoAsync("COPY 1 Trash");
        await client.DoAsync("APPEND Archive {6+}\r\nx: y\r\n");
        user.Relayed.Skip(4).Select(static one => one.Field("Subject")[0]).ShouldBe([target]);
    }

    [Fact]
    public async Task The_original_of_a_copy_needs_no_script_for_the_copy_and_can_be_discarded()
    {
        await using var gateway = await StartAsync(new SieveImapRuleOptions { Mailbox = "*", Causes = ["COPY", "APPEND"], CopySourceAfter = [Write("source", "discard;")] });
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail);
        using var client = await user.LogInAsync("SELECT INBOX", gateway);
        await client.PlayAsync("""
            C: a UID COPY 2 Trash
            S: * 2 FETCH (FLAGS (\Deleted \Recent))
            S: a OK [COPYUID … 2 1] COPY completed
            C: b STATUS Trash (MESSAGES DELETED)
            S: * STATUS Trash (MESSAGES 1 DELETED 0)
            S: b OK STATUS completed
            """);
    }

    // The original of a shared mailbox is its owner's affair, and so is its copy
    [Fact]
    public async Task Copies_into_another_account_start_scripts_there_and_at_their_originals()
    {
        await using var gateway = await StartAsync(
            new SieveImapRuleOptions { Mailbox = "*", Causes = ["COPY"], After = [Write("target", Telling)], CopySourceAfter = [Write("source", Telling)] });
        var domain = $"{Guid.NewGuid():n}.example";
        var (owner, guest) = (await fixture.UserAsync(domain), await fixture.UserAsync(domain));
        await guest.DeliverAsync(Mail);
        using var sharing = await owner.LogInAsync("CREATE Box", gateway);
        await sharing.DoAsync($"SETACL Box {guest.Address} lrwi");
        using var client = await guest.LogInAsync("SELECT INBOX", gateway);
        var box = $"Other Users/{owner.Address}/Box";
        await client.DoAsync($"COPY 1 \"{box}\"");
        owner.Relayed.Select(static one => one.Field("Subject")[0]).ShouldBe(["COPY in Box from INBOX to Box"]);
        guest.Relayed.Select(static one => one.Field("Subject")[0]).ShouldBe([$"COPY in INBOX from INBOX to {box}"]);
        await client.DoAsync($"MOVE 1 \"{box}\"");
        (owner.Relayed.Count, guest.Relayed.Count).ShouldBe((2, 1));
    }

    // As with Pigeonhole's imapsieve_url left empty: an operator who hides the capability keeps the scripts of the site
    [Theory]
    [InlineData("IMAPSIEVE", null)]
    [InlineData("imapsieve", "sieve://sieve.example.com")]
    [InlineData(null, "")]
    public async Task Where_users_scripts_are_switched_off_those_of_the_site_run(string? disabled, string? url)
    {
        var options = new ImapOptions { AuthFailureDelay = TimeSpan.Zero, DisabledCaps = disabled is null ? [] : [disabled] };
        var rule = new SieveImapRuleOptions { Mailbox = "*", After = [Write("site", "require \"imap4flags\"; addflag \"site\";")] };
        await using var gateway = await fixture.StartAsync(
            TimeProvider.System, options, sieve: new SieveImapOptions { Url = url }, site: new SieveOptions { Imap = [rule] });
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", "require \"imap4flags\"; addflag \"user\";");
        using var client = await user.LogInAsync("SETMETADATA INBOX (/shared/imapsieve/script \"s\")", gateway);
        (await client.DoAsync("CAPABILITY"))[0].ShouldNotContain("IMAPSIEVE");
        await client.DoAsync("APPEND INBOX {6+}\r\nx: y\r\n");
        await client.DoAsync("SELECT INBOX");
        (await client.DoAsync("FETCH 1 FLAGS"))[^1].ShouldBe("* 1 FETCH (FLAGS (\\Recent site))");
    }

    [Fact]
    public void A_rule_that_can_do_nothing_is_refused()
    {
        new SieveImapRuleOptions { Mailbox = "Junk" }.Validate().Single().ShouldBe("before, after or copy_source_after must name a script");
        new SieveImapRuleOptions { Mailbox = "Junk", CopySourceAfter = ["x"], Causes = ["FLAG"] }.Validate().Single().ShouldBe("copy_source_after needs COPY in causes");
        new SieveImapRuleOptions { Before = ["x"], Causes = [] }.Validate().Count().ShouldBe(2);
        new SieveImapRuleOptions { Mailbox = "Junk", Before = ["x"], Causes = ["MOVE"] }.Validate().Single().ShouldContain("'MOVE'");
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_or_compiled_loses_nothing()
    {
        await using var broken = await StartAsync(new SieveImapRuleOptions { Mailbox = "INBOX", Before = [Write("broken", "discard; nonsense;")] });
        await using var missing = await StartAsync(new SieveImapRuleOptions { Mailbox = "INBOX", Before = [_folder.File("missing")] });
        var user = await fixture.UserAsync();
        foreach (var gateway in new[] { broken, missing })
        {
            using var client = await user.LogInAsync(null, gateway);
            await client.DoAsync("APPEND INBOX {6+}\r\nx: y\r\n");
            await client.DoAsync("SELECT INBOX");
            (await client.DoAsync("FETCH * FLAGS"))[^1].ShouldEndWith("(FLAGS (\\Recent))");
        }

        (await user.ScriptLogAsync()).Single().ShouldStartWith("broken:1 The script does not compile");
    }

    private Task<TestGateway> StartAsync(params SieveImapRuleOptions[] rules)
    {
        foreach (var rule in rules)
            rule.Validate().ShouldBeEmpty();
        return fixture.StartAsync(TimeProvider.System, site: new SieveOptions { Imap = rules });
    }

    private SieveImapRuleOptions Rule(string mailbox, string address, string? from = null, string[]? causes = null) => new()
    {
        Mailbox = mailbox, From = from, Causes = causes ?? ["APPEND", "COPY", "FLAG"],
        Before = [Write(address, $"require \"copy\"; redirect :copy \"{address}\";")],
    };

    private string Write(string name, string script)
    {
        File.WriteAllText(_folder.File(name), script);
        return _folder.File(name);
    }
}
