using System.Globalization;
using System.Text;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests;

/// <summary>POP3 sessions whose server is killed, and two servers on one database.</summary>
public sealed class Pop3CrashTests
{
    private const string User = "pop@example.com";
    private const string Password = "secret";

    [Fact]
    public async Task Kill_9_in_a_session_deletes_nothing_and_frees_the_maildrop()
    {
        await using var sora = await StartAsync(messages: 10);
        using (var client = await Pop3Client.LogInAsync(sora.Pop3Port, User, Password))
        {
            for (var number = 1; number <= 10; number++)
                (await client.RunAsync($"DELE {number}")).ShouldStartWith("+OK");
            await sora.KillAsync();
        }

        await sora.StartAgainAsync();
        using var again = await Pop3Client.LogInAsync(sora.Pop3Port, User, Password);
        (await again.RunAsync("STAT")).ShouldStartWith("+OK 10 ");
    }

    /// <summary>Whenever in QUIT the server dies: all that was marked is gone, or none of it; all when it was acknowledged.</summary>
    [Fact]
    public async Task Kill_9_during_quit_deletes_all_or_nothing()
    {
        await using var sora = await StartAsync(messages: 40);
        var random = new Random(11);
        var left = 40;
        for (var round = 0; round < 6; round++)
        {
            string? answer = null;
            using (var client = await Pop3Client.LogInAsync(sora.Pop3Port, User, Password))
            {
                (await client.RunAsync("STAT")).ShouldStartWith(string.Create(CultureInfo.InvariantCulture, $"+OK {left} "));
                for (var number = 1; number <= 5; number++)
                    (await client.RunAsync($"DELE {number}")).ShouldStartWith("+OK");
                await client.SendAsync("QUIT\r\n");

                // A different moment each time: from before it is read to after it is answered
                Thread.SpinWait(random.Next(0, 400_000) * round);
                await sora.KillAsync();
                try
                {
                    answer = await client.LineAsync();
                }
                catch (IOException)
                {
                    // The server died first
                }
            }

            await sora.StartAgainAsync();
            using var look = await Pop3Client.LogInAsync(sora.Pop3Port, User, Password);
            var now = int.Parse((await look.RunAsync("STAT")).Split(' ')[1], CultureInfo.InvariantCulture);
            now.ShouldBeOneOf(left, left - 5);
            if (answer is not null && answer.StartsWith("+OK", StringComparison.Ordinal))
                now.ShouldBe(left - 5);
            (await look.RunAsync("QUIT")).ShouldStartWith("+OK");
            left = now;
        }
    }

    [Fact]
    public async Task Two_servers_share_the_lock_and_a_dead_one_has_none()
    {
        var database = await PostgresFixture.CreateEmptyAddressAsync();
        using var bodies = new TempFolder();
        string[] settings =
        [
            "database.embedded=false",
            $"database.hosts={database.SocketFolder}",
            $"database.port={database.Port}",
            $"database.name={database.Database}",
            $"database.user={database.User}",
            "storage.staging=database",
            $"storage.bodies_folder={bodies.Path}",
        ];
        await using var first = await SoraProcess.StartAsync(settings);
        await using var second = await SoraProcess.StartAsync(settings);
        await FillAsync(first, 3);
        using var here = await Pop3Client.LogInAsync(first.Pop3Port, User, Password);
        (await here.RunAsync("DELE 1")).ShouldStartWith("+OK");
        using var there = await Pop3Client.ConnectAsync(second.Pop3Port);
        (await there.TryLogInAsync(User, Password)).ShouldStartWith("-ERR [IN-USE]");
        await first.KillAsync();

        // PostgreSQL sees at once that the process is gone: no lease has to end
        await Eventually.WaitAsync(async () => (await there.TryLogInAsync(User, Password)).StartsWith("+OK", StringComparison.Ordinal), TimeSpan.FromSeconds(15));
        (await there.RunAsync("STAT")).ShouldStartWith("+OK 3 ");
        (await there.RunAsync("DELE 2")).ShouldStartWith("+OK");
        (await there.RunAsync("QUIT")).ShouldStartWith("+OK");
        using var last = await Pop3Client.LogInAsync(second.Pop3Port, User, Password);
        Encoding.ASCII.GetString(await last.LinesAsync("UIDL")).Split("\r\n")[1].ShouldStartWith("2 00000003");
    }

    private static async Task<SoraProcess> StartAsync(int messages)
    {
        var sora = await SoraProcess.StartAsync();
        try
        {
            await FillAsync(sora, messages);
            return sora;
        }
        catch
        {
            await sora.DisposeAsync();
            throw;
        }
    }

    private static async Task FillAsync(SoraProcess sora, int messages)
    {
        await sora.CreateAccountsAsync(Password, User);
        using var lmtp = await LmtpClient.ConnectAsync(sora.LmtpPort);
        for (var number = 1; number <= messages; number++)
            await lmtp.DeliverAsync(User, TestMail.Make(number));
    }
}
