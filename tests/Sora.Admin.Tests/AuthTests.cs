using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Mailstore.Accounts.Logins;
using Sora.Testing;

namespace Sora.Admin.Tests;

/// <summary><c>auth</c>: blocks of a running server.</summary>
public sealed class AuthTests : AdminTest
{
    private static readonly IPAddress Address = IPAddress.Parse("2001:db8:1:2::3");

    [Fact]
    public async Task Blocks_are_shown_and_lifted_while_the_server_runs()
    {
        var options = new LoginLimitOptions { PairFailures = 2, ShareInterval = TimeSpan.FromMilliseconds(10) };
        await using var server = await LoginLimitHost.StartAsync(
            Node.Database, Node.Feed, options, Node.Metrics, TimeProvider.System, NullLoggerFactory.Instance, None);
        foreach (var user in new[] { "anna@example.com", "bert@example.com", "a-password" })
        {
            for (var i = 0; i < 2; i++)
                await server.FailedAsync(Address, user, user.Contains('@', StringComparison.Ordinal) ? new AccountIdentity(new AccountId(1), user) : null, None);
        }

        (await RunAsync("auth", "blocked")).ShouldSucceed().Output.ShouldSatisfyAllConditions(
            text => text.ShouldContain("anna@example.com"), text => text.ShouldContain("(unknown)"), text => text.ShouldNotContain("a-password"));
        var blocks = (await RunAsync("auth", "blocked", "--json", "--user", "ANNA@example.com")).ShouldSucceed().Json;
        blocks.GetArrayLength().ShouldBe(1);
        blocks[0].GetProperty("kind").GetString().ShouldBe("pair");
        blocks[0].GetProperty("address").GetString().ShouldBe("2001:db8:1:2::/64");
        blocks[0].GetProperty("until").GetDateTimeOffset().ShouldBeGreaterThan(DateTimeOffset.UtcNow);
        (await RunAsync("auth", "blocked", "--json", "--address", "192.0.2.1")).ShouldSucceed().Json.GetArrayLength().ShouldBe(0);

        (await RunAsync("auth", "unblock", "--user", "anna@example.com")).ShouldSucceed().Output.ShouldBe("1 block was lifted\n");
        await LetInAsync(server, "anna@example.com");
        (await server.AskAsync(Address, "bert@example.com", None)).IsBlocked.ShouldBeTrue();
        (await RunAsync("auth", "unblock", "--address", Address.ToString())).ShouldSucceed().Output.ShouldBe("2 blocks were lifted\n");
        await LetInAsync(server, "bert@example.com");
        await LetInAsync(server, "a-password");
        (await RunAsync("auth", "unblock", "--all")).ShouldSucceed().Output.ShouldBe("0 blocks were lifted\n");
        (await RunAsync("auth", "unblock")).ShouldFail(ExitCode.Usage, "--address, --user, or --all");
        (await RunAsync("auth", "blocked", "--address", "nonsense")).ShouldFail(ExitCode.Usage, "--address must be");
    }

    private static Task LetInAsync(LoginLimitHost server, string user) =>
        Eventually.WaitAsync(async () => !(await server.AskAsync(Address, user, None)).IsBlocked);
}
