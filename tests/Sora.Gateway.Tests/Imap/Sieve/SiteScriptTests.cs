using Sora.Gateway.Tests.Connections;
using Sora.Mailstore.Sieve;
using Sora.Testing;

namespace Sora.Gateway.Tests.Imap.Sieve;

/// <summary>Scripts of the site for events: [[sieve.imap]].</summary>
[Collection("imap")]
public sealed class SiteScriptTests(ImapFixture fixture) : IDisposable
{
    private const string Mail = "From: ada@example.net\nSubject: hello\n\nbody\n";
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
