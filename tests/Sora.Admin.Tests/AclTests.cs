using Sora.Contracts;

namespace Sora.Admin.Tests;

public sealed class AclTests : AdminTest
{
    [Fact]
    public async Task Rights_are_set_shown_and_deleted_before_the_eyes_of_the_server()
    {
        await CreateAsync("user@example.com");
        await CreateAsync("fred@example.com");
        var fred = (await AccountAsync("fred@example.com")).Id;
        (await Node.Sharing.ViewAsync(fred, None)).Accounts.ShouldBeEmpty();
        var shown = await RunAsync(
            "acl", "set", "--email", "user@example.com", "--name", "Archive", "--identifier", "FRED@example.com", "--rights", "lrd", "--json");
        shown.ShouldSucceed().Json.GetProperty("owner").GetString().ShouldBe("user@example.com");
        var entry = shown.Json.GetProperty("entries").EnumerateArray().Single();
        entry.GetProperty("identifier").GetString().ShouldBe("fred@example.com");
        entry.GetProperty("rights").GetString().ShouldBe("lrted");
        await RightsAreAsync(Rights.Lookup | Rights.Read | Rights.DeleteMessages | Rights.Expunge);
        (await SetAsync("--rights=-te")).ShouldSucceed();
        await RightsAreAsync(Rights.Lookup | Rights.Read);
        (await SetAsync("--rights", "+i")).ShouldSucceed();
        (await SetAsync("--rights", "r", "--negative")).ShouldSucceed().Output.ShouldContain("yes");
        await RightsAreAsync(Rights.Lookup | Rights.Insert);
        (await RunAsync("acl", "delete", "--email", "user@example.com", "--name", "Archive", "--identifier", "fred@example.com")).ShouldSucceed();
        await RightsAreAsync(Rights.None);
        (await RunAsync("acl", "get", "--email", "user@example.com", "--name", "Archive")).ShouldSucceed().Output.ShouldContain("fred@example.com");

        Task<Ran> SetAsync(params string[] rights) =>
            RunAsync(["acl", "set", "--email", "user@example.com", "--name", "Archive", "--identifier", "fred@example.com", .. rights]);

        async Task RightsAreAsync(Rights rights)
        {
            await Sora.Testing.Eventually.WaitAsync(async () =>
            {
                var view = await Node.Sharing.ViewAsync(fred, None);
                return (view.Accounts.IsEmpty ? Rights.None : view.Accounts[0].Mailboxes[0].Rights) == rights;
            });
        }
    }

    [Fact]
    public async Task Shared_mailboxes_of_a_domain_are_like_any()
    {
        await CreateAsync("user@example.com");
        (await RunAsync("mailbox", "list", "--shared", "example.com")).ShouldFail(ExitCode.Failed, "example.com has no shared mailboxes");
        (await RunAsync("mailbox", "create", "--shared", "Example.COM", "--name", "Team/News")).ShouldSucceed();
        (await RunAsync("mailbox", "list", "--shared", "example.com", "--json")).ShouldSucceed().Json.EnumerateArray()
            .Select(mailbox => mailbox.GetProperty("name").GetString()).ShouldBe(["Team", "Team/News"]);
        (await RunAsync("acl", "set", "--shared", "example.com", "--name", "Team", "--identifier", "anyone", "--rights", "lr")).ShouldSucceed();
        var user = (await AccountAsync("user@example.com")).Id;
        await Sora.Testing.Eventually.WaitAsync(async () => (await Node.Sharing.ViewAsync(user, None)).FindShared() is { Mailboxes.Length: 1 });
        (await RunAsync("mailbox", "delete", "--shared", "example.com", "--name", "Team/News", "--confirm")).ShouldSucceed();
        (await RunAsync("mailbox", "delete", "--shared", "example.com", "--name", "Team", "--confirm")).ShouldSucceed();
        await Sora.Testing.Eventually.WaitAsync(async () => (await Node.Sharing.ViewAsync(user, None)).FindShared() is null);
        (await RunAsync("accounts", "list", "--json")).ShouldSucceed().Json.GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused()
    {
        await CreateAsync("user@example.com");
        (await RunAsync("mailbox", "list")).ShouldFail(ExitCode.Usage, "Either --email or --shared");
        (await RunAsync("mailbox", "list", "--email", "user@example.com", "--shared", "example.com")).ShouldFail(ExitCode.Usage, "Either --email or --shared");
        (await RunAsync("mailbox", "create", "--shared", "no domain", "--name", "x")).ShouldFail(ExitCode.Failed, "Not a domain");
        await Refused("There is no right q", "Archive", "anyone", "lq");
        await Refused("There is no such user", "Archive", "nobody@example.com", "l");
        await Refused("The owner has all rights", "Archive", "user@example.com", "l");
        await Refused("Mailbox does not exist", "archive", "anyone", "l");

        async Task Refused(string reason, string name, string identifier, string rights) =>
            (await RunAsync("acl", "set", "--email", "user@example.com", "--name", name, "--identifier", identifier, "--rights", rights))
                .ShouldFail(ExitCode.Failed, reason);
    }
}
