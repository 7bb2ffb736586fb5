using System.CommandLine;
using Sora.Testing;

namespace Sora.Admin.Tests;

/// <summary>What administrators do is written down, and never a password.</summary>
public sealed class AuditTests : AdminTest
{
    [Fact]
    public async Task Changes_are_written_down_with_who_made_them_and_how_they_ended()
    {
        await CreateAsync("anna@example.com", "first-secret");
        (await RunWithInputAsync("second-secret\n", "accounts", "update", "--email", "anna@example.com", "--password-stdin")).ShouldSucceed();
        (await RunAsync("accounts", "delete", "--email", "nobody@example.com", "--confirm")).ShouldFail(ExitCode.Failed, "");
        (await RunAsync("accounts", "list")).ShouldSucceed();
        (await RunAsync("acl", "get", "--email", "anna@example.com", "--name", "INBOX")).ShouldSucceed();
        (await RunAsync("relay", "retry", "--all")).ShouldSucceed();

        var entries = (await RunAsync("audit", "list", "--kind", "admin", "--json")).ShouldSucceed().Json.EnumerateArray().ToList();
        entries.Select(static entry => $"{entry.GetProperty("action")}: {entry.GetProperty("detail")}: {entry.GetProperty("outcome")}").ShouldBe(
        [
            "relay retry: --all: ok",
            "accounts delete: --email nobody@example.com --confirm: failed",
            "accounts update: --email anna@example.com --password-stdin: ok",
            "accounts create: --email anna@example.com --password ***: ok",
        ]);
        entries[0].GetProperty("user").GetString().ShouldEndWith(Environment.UserName);
        entries[1].GetProperty("reason").GetString().ShouldNotBeNullOrEmpty();
        var text = (await RunAsync("audit", "list", "--action", "accounts", "--outcome", "ok", "--since", "1h")).ShouldSucceed().Output;
        text.ShouldContain("accounts create");
        text.ShouldNotContain("secret");
        text.ShouldNotContain("accounts delete");

        var page = await RunAsync("audit", "list", "--limit", "3", "--json");
        page.Error.ShouldContain("--before ");
        var last = page.Json[2].GetProperty("id").GetInt64();
        (await RunAsync("audit", "list", "--before", $"{last}", "--json")).ShouldSucceed().Json.GetArrayLength().ShouldBe(1);
        (await RunAsync("audit", "list", "--since", "yesterday")).ShouldFail(ExitCode.Usage, "--since must be a time");
        (await RunAsync("audit", "list", "--kind", "other")).ShouldFail(ExitCode.Usage, "--kind must be");
        (await RunAsync("audit", "list", "--until", "2020-01-01", "--json")).ShouldSucceed().Json.GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task What_is_no_address_may_be_a_password_and_is_not_written_down()
    {
        string[][] commands =
        [
            ["accounts", "create", "--email", "Hunter2!", "--password", "x"],
            ["accounts", "create", "--email", "anna@example.com", "--credentials", "bert@example.com,Hunter2!", "--password", "x"],
            ["accounts", "delete", "--email", "hunter2!", "--confirm"],
            ["accounts", "update", "--email", "Hunter2! @x", "--password", "x"],
            ["accounts", "disable", "--email", "Hunter2!"],
            ["auth", "unblock", "--user", "Hunter2!"],
            ["credentials", "add", "--email", "Hunter2!", "--address", "Hunter2!"],
            ["mailbox", "create", "--email", "Hunter2!", "--name", "Box"],
            ["quota", "set", "--email", "Hunter2!", "--storage", "1GiB"],
            ["relay", "retry", "--sender", "Hunter2!"],
        ];
        foreach (var command in commands)
            await RunAsync(command);
        var listed = (await RunAsync("audit", "list", "--kind", "admin", "--json")).ShouldSucceed();
        listed.Json.GetArrayLength().ShouldBe(commands.Length);
        listed.Output.ShouldNotContain("unter2", Case.Insensitive);
        listed.Output.ShouldContain("--credentials ***");
    }

    [Fact]
    public async Task A_running_server_logs_what_administrators_do()
    {
        var log = new LineLog();
        await using var acts = new Mailstore.Audit.AdminActLog(Node.Database, Node.Feed, log);
        await CreateAsync("anna@example.com", "first-secret");
        await RunAsync("accounts", "delete", "--email", "Hunter2!", "--confirm");
        await RunAsync("accounts", "list");
        await Eventually.WaitAsync(() => log.Lines.Count == 2);
        log.Lines[0].ShouldContain($"on {Environment.MachineName}: accounts create --email anna@example.com --password ***: ok");
        log.Lines[1].ShouldContain("accounts delete --email *** --confirm: failed");
        string.Concat(log.Lines).ShouldNotContain("unter2");
    }

    [Theory]
    [InlineData("root", null, "root")]
    [InlineData("root", "anna", "anna as root")]
    [InlineData("anna", "anna", "anna")]
    public void Whoever_uses_sudo_is_named(string user, string? sudo, string expected) => AdminAct.ActorOf(user, sudo).ShouldBe(expected);

    [Fact]
    public void Values_that_are_secrets_are_not_part_of_an_act()
    {
        var root = new RootCommand
        {
            new Command("accounts")
            {
                new Command("create") { new Option<string>("--email"), new Option<string>("--password"), new Option<string>("--password-hash"), new Option<string>("--api-token"), new Option<bool>("--random-password") },
            },
        };
        var act = AdminAct.Of(root.Parse(["accounts", "create", "--email", "a-b@x", "--password", "P1", "--password-hash", "P2", "--api-token", "P3", "--random-password"]));
        act.Action.ShouldBe("accounts create");
        act.Detail.ShouldBe("--email a-b@x --password *** --password-hash *** --api-token *** --random-password");
    }
}
