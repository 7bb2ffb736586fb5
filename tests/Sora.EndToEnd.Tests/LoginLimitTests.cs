using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests;

/// <summary>Two servers on one database, with the limits that they have by default.</summary>
public sealed class LoginLimitTests
{
    private const string User = "anna@example.com";
    private const string Password = "secret";

    [Fact]
    public async Task A_second_server_and_another_protocol_are_no_second_chance_until_an_administrator_lifts_the_block()
    {
        var bodies = Directory.CreateTempSubdirectory("sora-test-").FullName;
        try
        {
            var database = await PostgresFixture.CreateEmptyAddressAsync();
            string[] settings =
            [
                "database.embedded=false", $"database.hosts={database.SocketFolder}", $"database.port={database.Port}", $"database.name={database.Database}",
                $"database.user={database.User}", "storage.staging=database", $"storage.bodies_folder={bodies}", "passwords.bcrypt_cost=4", "imap.auth_failure_delay=0s",
                "pop3.auth_failure_delay=0s", "login_limits.delay=0s", "audit.flush_interval=10ms",
            ];
            await using var left = await SoraProcess.StartAsync(settings);
            await using var right = await SoraProcess.StartAsync(settings);
            await left.CreateAccountsAsync(Password, User, "bert@example.com");
            for (var i = 0; i < 5; i++)
                (await ImapAsync(i % 2 == 0 ? left : right, User, "wrong")).ShouldContain("a NO [AUTHENTICATIONFAILED]");
            (await ImapAsync(left, User, Password)).ShouldContain("a NO [LIMIT]");
            (await ImapAsync(right, User, Password)).ShouldContain("a NO [LIMIT]");
            (await Pop3Async(right, User, Password)).ShouldContain("-ERR [SYS/TEMP]");
            (await ImapAsync(right, "bert@example.com", Password)).ShouldContain("a OK");

            (await left.AdminAsync("auth", "blocked")).Output.ShouldContain(User);
            (await left.AdminAsync("auth", "unblock", "--user", User)).Output.ShouldContain("1 block was lifted");
            foreach (var node in new[] { left, right })
                await Eventually.WaitAsync(async () => (await ImapAsync(node, User, Password)).Contains("a OK", StringComparison.Ordinal));
            await Eventually.WaitAsync(async () =>
                (await left.AdminAsync("audit", "list", "--user", User, "--outcome", "blocked", "--json")).Output.Contains("\"action\": \"pop3\"", StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(bodies, recursive: true);
        }
    }

    private static async Task<string> ImapAsync(SoraProcess sora, string user, string password)
    {
        using var connection = await LineConnection.ConnectAsync(sora.ImapPort);
        await connection.WriteAsync($"a LOGIN {user} {password}\r\nb LOGOUT\r\n");
        return await connection.ReadToEndAsync();
    }

    private static async Task<string> Pop3Async(SoraProcess sora, string user, string password)
    {
        using var connection = await LineConnection.ConnectAsync(sora.Pop3Port);
        await connection.WriteAsync($"USER {user}\r\nPASS {password}\r\nQUIT\r\n");
        return await connection.ReadToEndAsync();
    }
}
