using Sora.Contracts;
using Sora.Testing;

namespace Sora.Admin.Tests;

public sealed class SieveTests : AdminTest
{
    private const string Script = "require [\"fileinto\"];\nif header :contains \"subject\" \"news\" { fileinto \"News\"; }\n";

    [Fact]
    public async Task Scripts_are_put_listed_shown_renamed_and_deleted_and_a_running_server_hears_of_it()
    {
        await CreateAsync("user@example.com");
        var account = (await AccountAsync("user@example.com")).Id;
        (await Node.Scripts.FindAsync(account, None)).Value.Scripts.ShouldBeEmpty();
        (await RunWithInputAsync(Script, "sieve", "put", "--email", "user@example.com", "--name", "main", "--file", "-")).ShouldSucceed().Output
            .ShouldBe("Stored main of user@example.com\n");
        (await RunAsync("sieve", "activate", "--email", "user@example.com", "--name", "main")).ShouldSucceed();
        await Eventually.WaitAsync(async () => (await Node.Scripts.FindAsync(account, None)).Value.Active?.Name.Value == "main");
        (await RunAsync("sieve", "show", "--email", "user@example.com", "--name", "main")).ShouldSucceed().Output.ShouldBe(Script);
        var listed = (await RunAsync("sieve", "list", "--email", "user@example.com", "--json")).ShouldSucceed().Json[0];
        listed.GetProperty("name").GetString().ShouldBe("main");
        listed.GetProperty("active").GetBoolean().ShouldBeTrue();
        (await RunAsync("sieve", "list", "--email", "user@example.com")).ShouldSucceed().Output.ShouldContain("main");
        (await RunAsync("sieve", "delete", "--email", "user@example.com", "--name", "main", "--confirm")).ShouldFail(ExitCode.Failed, "active script");
        (await RunAsync("sieve", "rename", "--email", "user@example.com", "--name", "main", "--to", "other")).ShouldSucceed();
        (await RunAsync("sieve", "deactivate", "--email", "user@example.com")).ShouldSucceed();
        (await RunAsync("sieve", "delete", "--email", "user@example.com", "--name", "main", "--confirm")).ShouldFail(ExitCode.Failed, "no script by that name");
        (await RunAsync("sieve", "delete", "--email", "user@example.com", "--name", "other")).ShouldFail(ExitCode.Usage, "--confirm");
        (await RunAsync("sieve", "delete", "--email", "user@example.com", "--name", "other", "--confirm")).ShouldSucceed();
        await Eventually.WaitAsync(async () => (await Node.Scripts.FindAsync(account, None)).Value.Scripts.IsEmpty);
    }

    [Fact]
    public async Task A_script_that_does_not_compile_is_not_stored()
    {
        await CreateAsync("user@example.com");
        var put = await RunWithInputAsync("bogus1;\nbogus2;\n", "sieve", "put", "--email", "user@example.com", "--name", "main", "--file", "-");
        put.Code.ShouldBe(ExitCode.Failed);
        put.Error.ShouldBe("sora-admin: The script has 2 errors\n");
        put.Output.ShouldContain("line 1, column 1: error: ");
        put.Output.ShouldContain("line 2, column 1: error: ");
        (await RunAsync("sieve", "list", "--email", "user@example.com", "--json")).ShouldSucceed().Json.GetArrayLength().ShouldBe(0);
        (await RunAsync("sieve", "list", "--email", "nobody@example.com")).ShouldFail(ExitCode.Failed, "There is no account");
        (await RunAsync("sieve", "show", "--email", "user@example.com", "--name", "a\tb")).ShouldFail(ExitCode.Failed, "not allowed");
    }

    [Fact]
    public async Task A_script_that_includes_what_is_not_there_is_stored_with_a_warning()
    {
        await CreateAsync("user@example.com");
        var put = await RunWithInputAsync("require \"include\";\ninclude \"other\";\n", "sieve", "put", "--email", "user@example.com", "--name", "main", "--file", "-");
        put.ShouldSucceed().Output.ShouldBe(
            "line 2, column 1: warning: There is no script \"other\" to be included; until there is, a run ends here with an error\nStored main of user@example.com\n");
    }

    [Fact]
    public async Task A_script_that_does_not_compile_any_more_is_not_activated()
    {
        await CreateAsync("user@example.com");
        (await RunWithInputAsync(Script, "sieve", "put", "--email", "user@example.com", "--name", "main", "--file", "-")).ShouldSucceed();
        var run = await RunAsync("sieve", "activate", "--email", "user@example.com", "--name", "main", "--set", "sieve_limits.disabled_extensions=fileinto");
        run.Code.ShouldBe(ExitCode.Failed);
        run.Output.ShouldContain("fileinto");
        (await RunAsync("sieve", "activate", "--email", "user@example.com", "--name", "none")).ShouldFail(ExitCode.Failed, "no script by that name");
        (await RunAsync("sieve", "list", "--email", "user@example.com", "--json")).ShouldSucceed().Json[0].GetProperty("active").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task Check_needs_no_database()
    {
        (await Cli.RunAsync(["sieve", "check", "--file", "-"], "keep;\n")).ShouldSucceed().Output.ShouldBe("The script is valid\n");
        var wrong = await Cli.RunAsync(["sieve", "check", "--file", "-", "--json"], "bogus;\n");
        wrong.Code.ShouldBe(ExitCode.Failed);
        wrong.Json.GetProperty("valid").GetBoolean().ShouldBeFalse();
        wrong.Json.GetProperty("diagnostics")[0].GetProperty("line").GetInt32().ShouldBe(1);
        var disabled = await Cli.RunAsync(["sieve", "check", "--file", "-", "--set", "sieve_limits.disabled_extensions=fileinto"], Script);
        disabled.Code.ShouldBe(ExitCode.Failed);
        disabled.Output.ShouldContain("fileinto");
    }

    [Fact]
    public async Task The_log_is_shown_newest_first()
    {
        await CreateAsync("user@example.com");
        var account = (await AccountAsync("user@example.com")).Id;
        var at = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        await Node.SieveHistory.AddAsync(account, [new SieveLogEntry(at, "main", 3, "<1@x>", "first"), new SieveLogEntry(at, "main", 4, "<2@x>", "second")], None);
        var json = (await RunAsync("sieve", "log", "--email", "user@example.com", "--json")).ShouldSucceed().Json;
        json.GetArrayLength().ShouldBe(2);
        json[0].GetProperty("text").GetString().ShouldBe("second");
        json[0].GetProperty("line").GetInt32().ShouldBe(4);
        var text = (await RunAsync("sieve", "log", "--email", "user@example.com", "--limit", "1")).ShouldSucceed().Output;
        text.ShouldContain("second");
        text.ShouldNotContain("first");
    }

    [Fact]
    public async Task Test_tells_what_a_script_would_do()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("message"), "From: ada@example.org\r\nSubject: news of today\r\n\r\ntext\r\n");
        await File.WriteAllTextAsync(folder.File("script"), Script);
        (await Cli.RunAsync(["sieve", "test", "--script", folder.File("script"), "--message", folder.File("message")])).ShouldSucceed().Output
            .ShouldBe("line 2: fileinto \"News\"\n");
        await File.WriteAllTextAsync(folder.File("message"), "From: ada@example.org\r\nSubject: other\r\n\r\ntext\r\n");
        (await Cli.RunAsync(["sieve", "test", "--script", folder.File("script"), "--message", folder.File("message")])).ShouldSucceed().Output
            .ShouldBe("keep (implicit)\n");

        await CreateAsync("user@example.com");
        await File.WriteAllTextAsync(
            folder.File("script"), "require [\"mailbox\", \"fileinto\"];\nif mailboxexists \"Archive\" { fileinto \"Archive\"; } else { discard; }\n");
        (await RunAsync("sieve", "test", "--script", folder.File("script"), "--message", folder.File("message"), "--email", "user@example.com"))
            .ShouldSucceed().Output.ShouldBe("line 2: fileinto \"Archive\"\nstored in \"Archive\"\n");
        (await Cli.RunAsync(["sieve", "test", "--script", folder.File("script"), "--message", folder.File("message")])).ShouldSucceed().Output
            .ShouldBe("line 2: discard\n");
    }

    [Fact]
    public async Task Test_plans_as_a_delivery_does()
    {
        using var folder = new TempFolder();
        await CreateAsync("user@example.com");
        await CreateAsync("other@example.com");
        await File.WriteAllTextAsync(folder.File("message"), "From: ada@example.org\r\nSubject: news\r\n\r\ntext\r\n");
        await File.WriteAllTextAsync(
            folder.File("script"),
            "require [\"mailbox\", \"fileinto\", \"imap4flags\", \"copy\", \"include\", \"variables\"];\r\nfileinto :copy :create :flags \"\\\\Seen\" \"New\";\r\n"
            + "fileinto \"Nowhere\";\r\nfileinto \"Other Users/other@example.com/INBOX\";\r\n");
        await File.WriteAllTextAsync(folder.File("before.sieve"), "require [\"fileinto\", \"copy\"];\r\nfileinto :copy \"Archive\";\r\n");
        var run = await RunAsync(
            "sieve", "test", "--script", folder.File("script"), "--message", folder.File("message"), "--email", "user@example.com", "--site", "--set",
            $"sieve.before=[\"{folder.File("before.sieve")}\"]");
        run.ShouldSucceed().Output.ShouldBe(
            "line 2: fileinto \"Archive\" :copy\nline 2: fileinto \"New\" :create :copy with flags (\\Seen)\nline 3: fileinto \"Nowhere\"\n"
            + "line 4: fileinto \"Other Users/other@example.com/INBOX\"\n"
            + "problem: line 3: fileinto: There is no mailbox \"Nowhere\" that messages can be put into\n"
            + "problem: line 4: fileinto: There is no mailbox \"Other Users/other@example.com/INBOX\" that messages can be put into\n"
            + "stored in \"Archive\"\nstored in \"New\", which would be created with flags (\\Seen)\nstored in \"INBOX\"\n");
        var account = (await AccountAsync("user@example.com")).Id;
        (await Node.Accounts.Get(account).ListAsync(None)).Find(MailboxName.Parse("New").Value).ShouldBeNull("a trial creates nothing");
    }

    [Fact]
    public async Task Test_shows_what_each_action_would_do()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(
            folder.File("message"), "Return-Path: <ada@example.org>\nFrom: Ada <ada@example.org>\nTo: Bob <bob@example.com>\nX-Old: gone\nSubject: news\n\ntext\n");
        await File.WriteAllTextAsync(
            folder.File("script"),
            """
            require ["copy", "vacation", "vacation-seconds", "enotify", "editheader", "redirect-dsn", "extlists", "fcc", "imap4flags", "vnd.dovecot.debug"];
            redirect :copy :notify "FAILURE" :ret "HDRS" "carol@example.net";
            redirect :copy :list "tag:example.com,2026:team";
            vacation :days 3 :fcc "Sent" "I am away.";
            notify :importance "1" :message "mail" "mailto:pager@example.net";
            addheader "X-New" "here"; deleteheader "X-Old";
            debug_log "seen";
            setflag "\\Flagged";
            """);
        var run = await Cli.RunAsync(
            ["sieve", "test", "--script", folder.File("script"), "--message", folder.File("message"), "--headers", "--config", await ListsAsync(folder)]);
        run.ShouldSucceed().Output.ShouldBe(
            """
            debug: seen
            line 2: redirect "carol@example.net" :copy :notify "FAILURE" :ret "HDRS"
            line 3: redirect :list "tag:example.com,2026:team" :copy to dan@example.net, eve@example.net
            line 4: vacation to "ada@example.org" from "bob@example.com" with subject "Auto: news" :days 3 :fcc "Sent": "I am away."
            line 5: notify "mailto:pager@example.net" :importance "1" :message "mail"
            line 6: addheader "X-New" "here"
            line 6: deleteheader "X-Old": 1 fields
            keep (implicit) with flags (\Flagged)
            changed header:
              X-New: here
              Return-Path: <ada@example.org>
              From: Ada <ada@example.org>
              To: Bob <bob@example.com>
              Subject: news

            """);
    }

    [Theory]
    [InlineData("reject \"no\";", "line 1: reject \"no\"\n")]
    [InlineData("if envelope \"from\" \"\" { discard; }", "line 1: discard\n", "--from", "")]
    [InlineData("if envelope \"auth\" \"a@b\" { discard; }", "line 1: discard\n", "--auth", "a@b")]
    [InlineData("if envelope \"to\" \"x+y@example.com\" { discard; }", "line 1: discard\n", "--to", "x+y@example.com")]
    [InlineData("if allof(envelope \"notify\" \"NEVER\", envelope \"orcpt\" \"rfc822;q@example.com\", envelope \"ret\" \"HDRS\", envelope \"envid\" \"7\") { discard; }", "line 1: discard\n", "--notify", "never", "--orcpt", "q@example.com", "--ret", "hdrs", "--envid", "7")]
    [InlineData("if size 0x { stop; }", null)]
    public async Task Test_takes_the_whole_envelope(string script, string? output, params string[] options)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("message"), "From ada Sat Nov 28 12:00:00 2026\nFrom: ada@example.org\nTo: bob@example.com\n\ntext\n");
        await File.WriteAllTextAsync(folder.File("script"), $"require [\"reject\", \"envelope\", \"envelope-dsn\"]; {script}");
        var run = await Cli.RunAsync(["sieve", "test", "--script", folder.File("script"), "--message", folder.File("message"), .. options]);
        if (output is not null)
        {
            run.ShouldSucceed().Output.ShouldBe(output);
            return;
        }

        run.Code.ShouldBe(ExitCode.Failed);
        run.Output.ShouldContain("line 1, column ");
    }

    [Fact]
    public async Task Test_includes_from_a_folder_and_tells_where_a_run_has_failed()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("message"), "From: ada@example.org\n\ntext\n");
        await File.WriteAllTextAsync(folder.File("inner.sieve"), "require \"fileinto\";\nfileinto \"Inner\";\n");
        await File.WriteAllTextAsync(folder.File("fails.sieve"), "require [\"variables\", \"mailbox\"];\n\nset \"a\" \"x y\"; redirect \"${a}\";\n");
        (await Cli.RunAsync(["sieve", "test", "--script", "-", "--message", folder.File("message"), "--scripts", folder.Path], "require \"include\"; include \"inner\";"))
            .ShouldSucceed().Output.ShouldBe("line 2: fileinto \"Inner\"\n");
        var run = await Cli.RunAsync(
            ["sieve", "test", "--script", "-", "--message", folder.File("message"), "--scripts", folder.Path], "require [\"include\", \"fileinto\"]; fileinto \"A\"; include \"fails\";");
        run.ShouldFail(ExitCode.Failed, "fails: line 3: redirect: \"x y\" is no address");
        run.Output.ShouldBe("keep (implicit)\n");
        (await Cli.RunAsync(["sieve", "test", "--script", "-", "--message", "-"])).ShouldFail(ExitCode.Usage, "standard input");
        (await Cli.RunAsync(["sieve", "test", "--message", folder.File("message")])).ShouldFail(ExitCode.Usage, "--script or --email");
        (await Cli.RunAsync(["sieve", "test", "--script", folder.File("nowhere"), "--message", folder.File("message")])).ShouldFail(ExitCode.Failed, "nowhere");
    }

    [Fact]
    public async Task Test_runs_the_active_script_of_an_account_or_else_the_default_one()
    {
        using var folder = new TempFolder();
        await CreateAsync("user@example.com");
        await File.WriteAllTextAsync(folder.File("message"), "From: ada@example.org\nX-Spam: Yes\n\ntext\n");
        string[] test = ["sieve", "test", "--email", "user@example.com", "--message", folder.File("message")];
        (await RunAsync(test)).ShouldSucceed().Output.ShouldContain("stored in \"Junk\"");
        (await RunWithInputAsync("discard;\n", "sieve", "put", "--email", "user@example.com", "--name", "main", "--file", "-", "--activate")).ShouldSucceed();
        (await RunAsync(test)).ShouldSucceed().Output.ShouldBe("line 1: discard\n");
        await File.WriteAllTextAsync(folder.File("after.sieve"), "nonsense\n");
        (await RunWithInputAsync("keep;\n", "sieve", "put", "--email", "user@example.com", "--name", "main", "--file", "-", "--activate")).ShouldSucceed();
        (await RunAsync([.. test, "--site", "--set", $"sieve.after=[\"{folder.File("after.sieve")}\"]"])).ShouldFail(ExitCode.Failed, "after: line ");
        (await RunAsync([.. test, "--site", "--set", $"sieve.after=[\"{folder.File("missing.sieve")}\"]"])).ShouldFail(ExitCode.Failed, "sieve.after: ");
    }

    private static async Task<string> ListsAsync(TempFolder folder)
    {
        await File.WriteAllTextAsync(folder.File("config.toml"), "[[sieve.lists]]\nname = \"tag:example.com,2026:team\"\nmembers = [\"dan@example.net\", \"eve@example.net\"]\n");
        return folder.File("config.toml");
    }
}
