using Sora.Contracts;
using Sora.Testing;

namespace Sora.Admin.Tests;

public sealed class QuotaTests : AdminTest
{
    [Fact]
    public async Task Limits_come_from_the_account_then_the_domain_and_a_running_server_enforces_them()
    {
        await CreateAsync("user@example.com");
        var account = await AccountAsync("user@example.com");
        (await RunAsync("quota", "set", "--domain", "Example.com", "--storage", "5GiB", "--messages", "7", "--mailboxes", "100")).ShouldSucceed();
        (await RunAsync("quota", "set", "--email", "user@example.com", "--messages", "none", "--mailboxes", "6")).ShouldSucceed();
        var quota = (await Node.Quotas.ReadAsync(account.Id, None)).Value;
        quota.Limits.ShouldBe(new QuotaLimits(5L << 30, null, 6));

        await Eventually.WaitAsync(async () =>
            (await account.CreateAsync(MailboxName.Parse("more").Value, SpecialUse.None, None)).Error?.Code == MailErrorCode.OverQuota);
        (await RunAsync("quota", "set", "--email", "user@example.com", "--mailboxes", "default")).ShouldSucceed().Output
            .ShouldBe("Quota of user@example.com: storage default, messages none, mailboxes default\n");
        (await Node.Quotas.ReadAsync(account.Id, None)).Value.Limits.ShouldBe(new QuotaLimits(5L << 30, null, 100));

        var shown = (await RunAsync("quota", "get", "--email", "user@example.com", "--json")).ShouldSucceed().Json.GetProperty("resources");
        shown[0].GetProperty("limit").GetInt64().ShouldBe(5L << 30);
        shown[0].GetProperty("own").GetString().ShouldBe("default");
        shown[1].GetProperty("own").GetString().ShouldBe("none");
        shown[2].GetProperty("used").GetInt64().ShouldBe(6);
        (await RunAsync("quota", "get", "--domain", "example.com")).ShouldSucceed().Output.ShouldContain("5368709120");
    }

    [Fact]
    public async Task The_shared_mailboxes_of_a_domain_have_limits_of_their_own()
    {
        await CreateAsync("user@example.com");
        (await RunAsync("quota", "get", "--shared", "example.com")).ShouldFail(ExitCode.Failed, "no shared mailboxes");
        (await RunAsync("quota", "set", "--domain", "example.com", "--messages", "1", "--mailboxes", "1")).ShouldSucceed();
        (await RunAsync("quota", "set", "--shared", "Example.com", "--storage", "5GiB", "--mailboxes", "2")).ShouldSucceed().Output
            .ShouldBe("Quota of the shared mailboxes of example.com: storage 5368709120, messages default, mailboxes 2\n");
        (await RunAsync("mailbox", "create", "--shared", "example.com", "--name", "Team/News")).ShouldSucceed();
        var account = Node.Accounts.Get((await Node.Sharing.FindSharedAccountAsync("EXAMPLE.com", None))!.Value);
        (await Node.Quotas.ReadAsync(account.Id, None)).Value.ShouldBe(
            new AccountQuota(account.Id, null, new QuotaLimits(5L << 30, null, 2), new QuotaUsage(0, 0, 2), "example.com"));
        (await account.CreateAsync(MailboxName.Parse("more").Value, SpecialUse.None, None)).Error!.Code.ShouldBe(MailErrorCode.OverQuota);
        var shown = (await RunAsync("quota", "get", "--shared", "example.com", "--json")).ShouldSucceed().Json.GetProperty("resources");
        shown[1].GetProperty("own").GetString().ShouldBe("default");
        shown[2].GetProperty("used").GetInt64().ShouldBe(2);
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused()
    {
        await CreateAsync("user@example.com");
        (await RunAsync("quota", "get")).ShouldFail(ExitCode.Usage, "--email, --domain or --shared");
        (await RunAsync("quota", "get", "--email", "user@example.com", "--shared", "example.com")).ShouldFail(ExitCode.Usage, "--email, --domain or --shared");
        (await RunAsync("quota", "get", "--shared", "no domain")).ShouldFail(ExitCode.Failed, "Not a domain");
        (await RunAsync("quota", "set", "--email", "user@example.com")).ShouldFail(ExitCode.Usage, "Nothing to set");
        (await RunAsync("quota", "set", "--email", "user@example.com", "--storage", "much")).ShouldFail(ExitCode.Usage, "--storage must be a size");
        (await RunAsync("quota", "set", "--email", "user@example.com", "--messages", "-5")).ShouldFail(ExitCode.Usage, "--messages must be");
        (await RunAsync("quota", "set", "--email", "nobody@example.com", "--messages", "5")).ShouldFail(ExitCode.Failed, "There is no account");
    }
}
