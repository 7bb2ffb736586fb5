using System.Globalization;
using Sora.Testing;

namespace Sora.Admin.Tests;

public sealed class AccountsTests : AdminTest
{
    [Fact]
    public async Task A_created_account_logs_in_with_every_address_and_has_its_mailboxes()
    {
        var created = (await RunAsync(
            "accounts", "create", "--email", "Ada@Example.COM", "--password", "secret", "--credentials", "a@example.com, l@example.org", "--json"))
            .ShouldSucceed().Json;
        created.GetProperty("primary_address").GetString().ShouldBe("ada@example.com");
        created.GetProperty("addresses").EnumerateArray().Select(address => address.GetString())
            .ShouldBe(["ada@example.com", "a@example.com", "l@example.org"]);
        foreach (var address in new[] { "ada@example.com", "a@example.com", "L@EXAMPLE.org" })
            (await LogsInAsync(address, "secret")).ShouldBeTrue(address);
        var list = await (await AccountAsync("ada@example.com")).ListAsync(None);
        list.Mailboxes.Select(mailbox => mailbox.Name.Value).ShouldBe(["INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash"]);
        list.Subscriptions.Length.ShouldBe(6);
        list.Mailboxes.Single(mailbox => mailbox.Name.Value == "Junk").SpecialUse.ShouldBe(Sora.Contracts.SpecialUse.Junk);
    }

    [Fact]
    public async Task A_password_comes_from_standard_input_from_a_hash_or_by_chance()
    {
        (await RunWithInputAsync("päss wörd\nnot this\n", "accounts", "create", "--email", "in@example.com", "--password-stdin")).ShouldSucceed();
        (await LogsInAsync("in@example.com", "päss wörd")).ShouldBeTrue();

        (await RunAsync("accounts", "create", "--email", "hash@example.com", "--password-hash", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=")).ShouldSucceed();
        (await LogsInAsync("hash@example.com", "secret")).ShouldBeTrue();

        var random = (await RunAsync("accounts", "create", "--email", "dice@example.com", "--random-password", "--json")).ShouldSucceed();
        var password = random.Json.GetProperty("password").GetString()!;
        password.Length.ShouldBe(20);
        (await LogsInAsync("dice@example.com", password)).ShouldBeTrue();

        (await RunAsync("accounts", "create", "--email", "at@example.com", "--password", "@etc", "--hash-cost", "5")).ShouldSucceed();
        (await LogsInAsync("at@example.com", "@etc")).ShouldBeTrue();
    }

    [Theory]
    [InlineData("user", "there is no @")]
    [InlineData("@example.com", "nothing stands before")]
    [InlineData("a@", "nothing stands after")]
    [InlineData("a@b@example.com", "more than one @")]
    [InlineData("a b@example.com", "character")]
    [InlineData("a@exa mple.com", "character")]
    [InlineData("a\u001b[31m@example.com", "character")]
    [InlineData("a@example..com", "empty label")]
    [InlineData("a@[127.0.0.1]", "domain")]
    [InlineData("a@/etc", "domain")]
    public async Task What_is_no_address_is_refused(string address, string reason)
    {
        var ran = await RunAsync("accounts", "create", "--email", address, "--password", "secret");
        ran.ShouldFail(ExitCode.Failed, reason);
        ran.Error.ShouldNotContain('\u001b');
    }

    [Fact]
    public async Task International_addresses_are_kept_in_lower_case()
    {
        await CreateAsync("Jürgen@Bücher.example");
        var shown = (await RunAsync("accounts", "show", "--email", "JÜRGEN@bücher.example", "--json")).ShouldSucceed();
        shown.Json.GetProperty("primary_address").GetString().ShouldBe("jürgen@bücher.example");
    }

    [Fact]
    public async Task A_taken_address_creates_nothing()
    {
        await CreateAsync("one@example.com");
        (await RunAsync("accounts", "create", "--email", "ONE@example.com", "--password", "x")).ShouldFail(ExitCode.Failed, "one@example.com is taken");
        (await RunAsync("accounts", "create", "--email", "two@example.com", "--password", "x", "--credentials", "new@example.com,one@example.com"))
            .ShouldFail(ExitCode.Failed, "one@example.com is taken");
        (await RunAsync("accounts", "show", "--email", "two@example.com")).ShouldFail(ExitCode.Failed, "There is no account");
        (await RunAsync("accounts", "show", "--email", "new@example.com")).ShouldFail(ExitCode.Failed, "There is no account");
        (await RunAsync("accounts", "create", "--email", "two@example.com", "--password", "x", "--credentials", "two@example.com"))
            .ShouldFail(ExitCode.Failed, "named twice");
    }

    [Fact]
    public async Task A_list_comes_in_pages_and_by_domain()
    {
        foreach (var address in new[] { "c@one.example", "a@one.example", "b@two.example" })
            await CreateAsync(address);
        (await RunAsync("credentials", "add", "--email", "b@two.example", "--address", "b@one.example")).ShouldSucceed();
        (await Listed()).ShouldBe(["a@one.example", "b@two.example", "c@one.example"]);
        (await Listed("--domain", "ONE.example")).ShouldBe(["a@one.example", "b@two.example", "c@one.example"]);
        (await Listed("--domain", "two.example")).ShouldBe(["b@two.example"]);
        (await Listed("--after", "a@one.example")).ShouldBe(["b@two.example", "c@one.example"]);
        (await Listed("--deleted")).ShouldBeEmpty();

        var page = await RunAsync("accounts", "list", "--limit", "2");
        page.Code.ShouldBe(ExitCode.Ok);
        page.Output.ShouldContain("b@two.example");
        page.Output.ShouldNotContain("c@one.example");
        page.Error.ShouldContain("--after b@two.example");

        async Task<string?[]> Listed(params string[] more) =>
            [.. (await RunAsync(["accounts", "list", "--json", .. more])).ShouldSucceed().Json.EnumerateArray()
                .Select(account => account.GetProperty("primary_address").GetString())];
    }

    [Fact]
    public async Task A_new_password_holds_at_once_for_the_addresses_that_share_it()
    {
        await CreateAsync("user@example.com", "old", "--credentials", "alias@example.com");
        (await RunAsync("credentials", "add", "--email", "user@example.com", "--address", "app@example.com", "--password", "own")).ShouldSucceed();
        (await LogsInAsync("user@example.com", "old")).ShouldBeTrue(); // now in the cache of the server
        (await RunWithInputAsync("new\n", "accounts", "update", "--email", "user@example.com", "--password-stdin")).ShouldSucceed();
        foreach (var address in new[] { "user@example.com", "alias@example.com" })
        {
            (await LogsInAsync(address, "old")).ShouldBeFalse(address);
            (await LogsInAsync(address, "new")).ShouldBeTrue(address);
        }

        (await LogsInAsync("app@example.com", "own")).ShouldBeTrue();
        (await RunAsync("accounts", "update", "--email", "nobody@example.com", "--password", "x")).ShouldFail(ExitCode.Failed, "There is no account");
    }

    [Fact]
    public async Task Another_address_becomes_the_primary_one()
    {
        await CreateAsync("first@example.com", "secret", "--credentials", "second@example.com");
        await CreateAsync("other@example.com");
        (await RunAsync("accounts", "update", "--email", "first@example.com", "--make-primary", "other@example.com"))
            .ShouldFail(ExitCode.Failed, "other@example.com is no address of the account first@example.com");
        (await RunAsync("accounts", "update", "--email", "first@example.com", "--make-primary", "Second@example.com")).ShouldSucceed();
        (await Node.Accounts.AuthenticateAsync(Logins.Imap("first@example.com"), "secret", None)).Value.PrimaryAddress.ShouldBe("second@example.com");
    }

    [Fact]
    public async Task A_deleted_account_refuses_logins_keeps_its_addresses_and_comes_back()
    {
        await CreateAsync("user@example.com", "secret", "--credentials", "alias@example.com");
        (await Node.Accounts.FindAsync("alias@example.com", None)).ShouldNotBeNull(); // now in the cache of the server
        var account = await AccountAsync("user@example.com");
        (await account.ListAsync(None)).Mailboxes.Length.ShouldBe(6);

        (await RunAsync("accounts", "delete", "--email", "user@example.com")).ShouldFail(ExitCode.Usage, "--confirm");
        (await RunAsync("accounts", "delete", "--email", "alias@example.com", "--confirm")).ShouldFail(ExitCode.Failed, "the account user@example.com");
        (await LogsInAsync("user@example.com", "secret")).ShouldBeTrue();

        (await RunAsync("accounts", "delete", "--email", "user@example.com", "--confirm")).ShouldSucceed();
        (await LogsInAsync("user@example.com", "secret")).ShouldBeFalse();
        await Eventually.WaitAsync(async () => await Node.Accounts.FindAsync("alias@example.com", None) is null);
        await Eventually.WaitAsync(async () => (await account.ListAsync(None)).Mailboxes.IsEmpty);

        (await RunAsync("accounts", "create", "--email", "alias@example.com", "--password", "x")).ShouldFail(ExitCode.Failed, "deleted account");
        (await RunAsync("accounts", "update", "--email", "user@example.com", "--password", "x")).ShouldFail(ExitCode.Failed, "is deleted");
        (await RunAsync("mailbox", "list", "--email", "user@example.com")).ShouldFail(ExitCode.Failed, "is deleted");
        (await RunAsync("accounts", "list", "--deleted")).Output.ShouldContain("user@example.com");
        (await RunAsync("accounts", "show", "--email", "user@example.com")).Output.ShouldContain("deleted:");

        (await RunAsync("accounts", "restore", "--email", "alias@example.com")).ShouldSucceed();
        (await LogsInAsync("user@example.com", "secret")).ShouldBeTrue();
        await Eventually.WaitAsync(async () => (await account.ListAsync(None)).Mailboxes.Length == 6);
        (await RunAsync("accounts", "restore", "--email", "user@example.com")).ShouldFail(ExitCode.Failed, "not deleted");
    }

    [Fact]
    public async Task Show_counts_what_the_account_holds()
    {
        await CreateAsync("user@example.com");
        var account = (await RunAsync("accounts", "show", "--email", "user@example.com", "--json")).ShouldSucceed().Json;
        account.GetProperty("mailboxes").GetInt32().ShouldBe(6);
        account.GetProperty("messages").GetInt64().ShouldBe(0);
        account.GetProperty("deleted_at").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        (await RunAsync("accounts", "show", "--email", "user@example.com")).ShouldSucceed().Output.ShouldContain("primary address: user@example.com");
    }

    [Fact]
    public async Task A_file_creates_many_accounts_and_names_the_lines_that_fail()
    {
        await CreateAsync("taken@example.com");
        using var folder = new TempFolder();
        var good = Enumerable.Range(0, 600).Select(i => string.Create(CultureInfo.InvariantCulture, $"user{i}@example.com\tpw{i}\tx"));
        string[] bad =
        [
            "# address, password", "", "no tab and a secret", "taken@example.com\tsecret", "user7@example.com\tagain", "broken\tsecret",
            "empty@example.com\t", $"long@example.com\t{new string('x', 73)}",
        ];
        await File.WriteAllLinesAsync(folder.File("accounts"), [.. bad.Take(3), .. good, .. bad.Skip(3)]);
        var ran = await RunAsync("accounts", "create", "--from-file", folder.File("accounts"), "--hash-cost", "4", "--json");
        ran.Code.ShouldBe(ExitCode.Failed);
        ran.Json.GetProperty("created").GetInt32().ShouldBe(600);
        ran.Json.GetProperty("failures").EnumerateArray().Select(failure => failure.GetProperty("line").GetInt32())
            .Order().ShouldBe([3, 604, 605, 606, 607, 608]);
        ran.Error.ShouldContain("accounts:604: The address taken@example.com is taken");
        ran.Error.ShouldNotContain("a secret");
        (await LogsInAsync("user599@example.com", "pw599\tx")).ShouldBeTrue();
        (await LogsInAsync("user7@example.com", "pw7\tx")).ShouldBeTrue();
        (await (await AccountAsync("user300@example.com")).ListAsync(None)).Mailboxes.Length.ShouldBe(6);

        var hashes = await RunWithInputAsync(
            "h@example.com\t{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\r\n", "accounts", "create", "--from-file", "-", "--hashes");
        hashes.Error.ShouldBe("");
        hashes.Output.ShouldStartWith("Created 1 accounts");
        (await LogsInAsync("h@example.com", "secret")).ShouldBeTrue();

        var twice = await RunWithInputAsync("twice@example.com\tfirst\nTWICE@example.com\tsecond\n", "accounts", "create", "--from-file", "-");
        twice.ShouldFail(ExitCode.Failed, "-:2: The address twice@example.com is taken");
        (await LogsInAsync("twice@example.com", "first")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_passwd_file_comes_in_with_its_hashes_and_what_it_forbids_is_not_allowed()
    {
        const string file = """
            # a comment

            ada:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=:1000:1000::/home/ada::userdb_quota_rule=*:storage=1G
            bob@example.net:{sha.hex}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4
            carol:5en6G6MezRroT3XKqkdPOmY/BfQ=::::::
            dora:$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e:1000:1000
            emil:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=:1000:1000::::nologin
            fred:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=:1000:1000::::userdb_mail=x:y allow_nets=192.0.2.0/24,2001:db8::/32
            gina
            hans::1000:1000
            ida:{DES-CRYPT}rqXexS6ZhobKA
            jan:{BLF-CRYPT}$2b$31$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e
            kim:{PLAIN}secret
            """;
        var ran = await RunWithInputAsync(file, "accounts", "create", "--from-file", "-", "--passwd-file", "--domain", "example.org", "--default-scheme", "SHA");
        ran.Code.ShouldBe(ExitCode.Failed);
        ran.Output.ShouldStartWith("Created 4 accounts");
        string[] reasons =
        [
            "-:7: nologin is not taken over", "-:8: allow_nets is not taken over", "-:9: there is no password", "-:10: there is no password",
            "-:11: the password hash has a scheme", "-:12: the password hash has a scheme", "-:13: the password hash has a scheme",
        ];
        foreach (var reason in reasons)
            ran.Error.ShouldContain(reason);
        ran.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(reasons.Length);
        foreach (var address in new[] { "ada@example.org", "bob@example.net", "carol@example.org" })
            (await LogsInAsync(address, "secret")).ShouldBeTrue(address);
        (await LogsInAsync("dora@example.org", "correct horse")).ShouldBeTrue();

        var bare = await RunWithInputAsync("lisa:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\nmia@example.com:5en6G6MezRroT3XKqkdPOmY/BfQ=\n", "accounts", "create", "--from-file", "-", "--passwd-file");
        bare.Error.ShouldContain("-:1: the user has no domain");
        bare.Error.ShouldContain("-:2: the password names no scheme");
        bare.Error.ShouldNotContain("5en6");
        (await RunAsync("accounts", "create", "--email", "x@example.com", "--password", "secret", "--passwd-file")).Code.ShouldBe(ExitCode.Usage);
        (await RunAsync("accounts", "create", "--from-file", "-", "--domain", "example.com")).Code.ShouldBe(ExitCode.Usage);
    }

    [Fact]
    public async Task An_interrupt_ends_it_with_a_line()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        var ran = await Cli.RunAsync(["accounts", "list", .. Cli.On(Node.Address)], cancellationToken: cancelled.Token);
        ran.ShouldFail(ExitCode.Interrupted, "interrupted");
    }
}
