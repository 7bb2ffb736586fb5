using Sora.Contracts;
using Sora.Testing;

namespace Sora.Admin.Tests;

public sealed class ExternalListTests : AdminTest
{
    private const string Book = SieveListName.DefaultAddressBook;

    [Fact]
    public async Task Members_are_put_added_shown_and_removed_and_a_running_server_hears_of_it()
    {
        await CreateAsync("user@example.com");
        var account = (await AccountAsync("user@example.com")).Id;
        (await FindAsync(account)).Members.ShouldBeEmpty();
        (await RunWithInputAsync("# friends\n\nada@example.net\nbob@example.net\n", "extlist", "put", "--email", "user@example.com", "--name", ":addrbook:default", "--file", "-"))
            .ShouldSucceed().Output.ShouldBe($"Stored 2 members: {Book} of user@example.com\n");
        await Eventually.WaitAsync(async () => (await FindAsync(account)).TryFind("ada@example.net", out _));
        (await RunAsync("extlist", "add", "--email", "user@example.com", "--name", Book, "--member", "Carol <carol@example.net>", "--member", "ADA@example.net"))
            .ShouldSucceed().Output.ShouldStartWith("Added 1 members: ");
        (await RunAsync("extlist", "remove", "--email", "user@example.com", "--name", Book, "--member", "BOB@example.net")).ShouldSucceed();
        (await RunAsync("extlist", "show", "--email", "user@example.com", "--name", Book)).ShouldSucceed().Output.ShouldBe("ada@example.net\nCarol <carol@example.net>\n");
        await Eventually.WaitAsync(async () => !(await FindAsync(account)).TryFind("bob@example.net", out _));
        (await RunAsync("extlist", "delete", "--email", "user@example.com", "--name", Book)).ShouldFail(ExitCode.Usage, "--confirm");
        (await RunAsync("extlist", "delete", "--email", "user@example.com", "--name", Book, "--confirm")).ShouldSucceed();
        (await RunAsync("extlist", "show", "--email", "user@example.com", "--name", Book)).ShouldFail(ExitCode.Failed, "no list by that name");
        (await RunAsync("extlist", "show", "--email", "user@example.com", "--name", Book, "--all")).ShouldSucceed().Output.ShouldBe("");
    }

    [Fact]
    public async Task The_lists_of_the_site_are_shown_with_those_of_the_account()
    {
        using var folder = new TempFolder();
        await CreateAsync("user@example.com");
        await File.WriteAllTextAsync(folder.File("list.txt"), "a@example.net\nb@example.net\n");
        await File.WriteAllTextAsync(
            folder.File("config.toml"),
            $"[[sieve.lists]]\nname = \"tag:example.com,2026:team\"\ndomain = \"example.com\"\nfile = \"{folder.File("list.txt")}\"\n"
            + "[[sieve.lists]]\nname = \"tag:example.com,2026:theirs\"\ndomain = \"example.net\"\nmembers = [\"x\"]\n");
        (await RunAsync("extlist", "add", "--email", "user@example.com", "--name", "tag:example.com,2026:team", "--member", "c@example.net")).ShouldSucceed();
        var lists = (await RunAsync("extlist", "list", "--email", "user@example.com", "--json", "--config", folder.File("config.toml"))).ShouldSucceed().Json;
        lists.GetArrayLength().ShouldBe(2);
        lists[0].GetProperty("name").GetString().ShouldBe("tag:example.com,2026:team");
        (lists[0].GetProperty("own").GetInt32(), lists[0].GetProperty("site").GetInt32()).ShouldBe((1, 2));
        lists[1].GetProperty("name").GetString().ShouldBe(Book);
        (await RunAsync("extlist", "show", "--email", "user@example.com", "--name", "tag:example.com,2026:team", "--all", "--config", folder.File("config.toml")))
            .ShouldSucceed().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order().ShouldBe(["a@example.net", "b@example.net", "c@example.net"]);
        File.Delete(folder.File("list.txt"));
        (await RunAsync("extlist", "list", "--email", "user@example.com", "--config", folder.File("config.toml"))).ShouldFail(ExitCode.Failed, "sieve.lists[0].file: ");
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused()
    {
        await CreateAsync("user@example.com");
        (await RunAsync("extlist", "add", "--email", "user@example.com", "--name", "friends", "--member", "a")).ShouldFail(ExitCode.Failed, "is no name of a list");
        (await RunAsync("extlist", "add", "--email", "user@example.com", "--name", "ldap://x/y", "--member", "a")).ShouldFail(ExitCode.Failed, "neither a tag: nor a urn: URI");
        (await RunAsync("extlist", "add", "--email", "user@example.com", "--name", Book, "--member", "a\tb")).ShouldFail(ExitCode.Failed, "control characters");
        (await RunAsync("extlist", "add", "--email", "nobody@example.com", "--name", Book, "--member", "a")).ShouldFail(ExitCode.Failed, "There is no account");
        (await RunAsync("extlist", "add", "--email", "user@example.com", "--name", Book, "--member", "a", "--set", "sieve.max_list_members=0")).ShouldFail(ExitCode.Failed, "together may have 0 members");
        (await RunWithInputAsync("good\nb\u0001d\n", "extlist", "put", "--email", "user@example.com", "--name", Book, "--file", "-")).ShouldFail(ExitCode.Failed, "line 2: ");
        (await RunAsync("extlist", "remove", "--email", "user@example.com", "--name", Book, "--member", "a")).ShouldFail(ExitCode.Failed, "no list by that name");
    }

    private async Task<SieveList> FindAsync(AccountId account) => (await Node.SieveLists.FindAsync(account, "example.com", Book, None)).Value!;
}
