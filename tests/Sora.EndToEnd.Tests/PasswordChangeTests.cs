using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Mailstore.Accounts.Passwords;
using Sora.Testing;

namespace Sora.EndToEnd.Tests;

/// <summary>Two servers on one database that remember a password: once it has been changed, however that came about, none of them takes the old one any more.</summary>
public sealed class PasswordChangeTests
{
    private const string User = "anna@example.com";

    [Fact]
    public async Task An_old_password_is_let_in_by_no_server_after_it_was_changed()
    {
        var bodies = Directory.CreateTempSubdirectory("sora-test-").FullName;
        try
        {
            var database = await PostgresFixture.CreateEmptyAddressAsync();
            string[] settings =
            [
                "database.embedded=false", $"database.hosts={database.SocketFolder}", $"database.port={database.Port}", $"database.name={database.Database}",
                $"database.user={database.User}", "storage.staging=database", $"storage.bodies_folder={bodies}", "passwords.bcrypt_cost=4", "imap.auth_failure_delay=0s",
                "pop3.auth_failure_delay=0s", "managesieve.auth_failure_delay=0s", "login_limits.enabled=false",
            ];
            await using var left = await SoraProcess.StartAsync(settings);
            await using var right = await SoraProcess.StartAsync(settings);
            await left.CreateAccountsAsync("first", User);
            await OnlyAsync(left, right, "first", "second");

            // By the command line beside either server
            await left.AdminAsync("accounts", "update", "--email", User, "--password", "second");
            await OnlyAsync(left, right, "second", "first");
            await right.AdminAsync("accounts", "update", "--email", User, "--password", "third");
            await OnlyAsync(left, right, "third", "second");

            // And where nobody is told: whoever writes to the database sends no notification
            await using (var other = PostgresFixture.Open(database))
            {
                await using var command = other.Write.CreateCommand("UPDATE credentials SET password_hash = $1 WHERE address = $2");
                command.Parameters.Add(new() { Value = new PasswordHasher(new PasswordOptions { BcryptCost = 4 }).Hash("fourth") });
                command.Parameters.Add(new() { Value = User });
                (await command.ExecuteNonQueryAsync()).ShouldBe(1);
            }

            await OnlyAsync(left, right, "fourth", "third");
        }
        finally
        {
            Directory.Delete(bodies, recursive: true);
        }
    }

    // On both servers and by each protocol, twice: the second time the password is remembered
    private static async Task OnlyAsync(SoraProcess left, SoraProcess right, string good, string old)
    {
        for (var round = 0; round < 2; round++)
        {
            foreach (var sora in new[] { left, right })
            {
                foreach (var (password, isGood) in new[] { (old, false), (good, true) })
                {
                    (await TalkAsync(sora.ImapPort, $"a LOGIN {User} {password}\r\nb LOGOUT\r\n")).ShouldContain(isGood ? "a OK" : "a NO [AUTHENTICATIONFAILED]", Case.Sensitive, password);
                    (await TalkAsync(sora.Pop3Port, $"USER {User}\r\nPASS {password}\r\nQUIT\r\n")).ShouldContain(isGood ? "+OK maildrop" : "-ERR [AUTH]", Case.Sensitive, password);
                    var plain = Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes($"\0{User}\0{password}"));
                    (await TalkAsync(sora.ManageSievePort, $"AUTHENTICATE \"PLAIN\" \"{plain}\"\r\nLOGOUT\r\n"))
                        .ShouldContain(isGood ? "OK \"Logged in\"" : "NO \"Authentication failed\"", Case.Sensitive, password);
                }
            }
        }
    }

    private static async Task<string> TalkAsync(int port, string commands)
    {
        using var connection = await LineConnection.ConnectAsync(port);
        await connection.WriteAsync(commands);
        return await connection.ReadToEndAsync();
    }
}
