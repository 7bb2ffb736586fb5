using System.Net;
using System.Net.Sockets;
using System.Text;
using Sora.Mailstore.Storage.Embedded;
using Sora.Testing;

namespace Sora.Admin.Tests;

public sealed class DatabaseTests
{
    [Fact]
    public async Task A_schema_is_made_and_its_state_is_shown()
    {
        var on = Cli.On(await PostgresFixture.CreateEmptyAddressAsync());
        (await Cli.RunAsync(["accounts", "list", .. on])).ShouldFail(ExitCode.Failed, "sora-admin migrate up");
        var pending = await Cli.RunAsync(["migrate", "status", "--json", .. on]);
        pending.ShouldFail(ExitCode.Failed, "lacks");
        pending.Json.GetProperty("pending").GetInt32().ShouldBeGreaterThan(0);
        (await Cli.RunAsync(["health", .. on])).ShouldFail(ExitCode.Failed, "lacks");

        (await Cli.RunAsync(["migrate", "up", .. on])).ShouldSucceed().Output.ShouldContain("Applied 0001_initial");
        (await Cli.RunAsync(["migrate", "up", .. on])).ShouldSucceed().Output.ShouldContain("up to date");
        (await Cli.RunAsync(["migrate", "status", .. on])).ShouldSucceed().Output.ShouldNotContain("pending");
        (await Cli.RunAsync(["health", .. on])).ShouldSucceed().Output.ShouldContain("healthy");
        var health = (await Cli.RunAsync(["health", "--json", .. on])).ShouldSucceed().Json;
        health.GetProperty("healthy").GetBoolean().ShouldBeTrue();
        health.GetProperty("latency_ms").GetDouble().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Health_says_in_json_too_that_the_database_is_gone()
    {
        var on = Cli.On(new PostgresAddress("/no/such/socket", 5432, "sora", "sora"));
        var ran = await Cli.RunAsync(["health", "--json", "--set", "database.connect_timeout=1s", .. on]);
        ran.ShouldFail(ExitCode.Failed, "cannot be reached");
        ran.Json.GetProperty("healthy").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task A_private_server_is_started_for_a_command_and_stopped_or_joined()
    {
        using var folder = new TempFolder();
        string[] on = ["--data", folder.Path, "--set", "database.embedded_server.durable=false", "--set", "passwords.bcrypt_cost=4"];
        (await Cli.RunAsync(["migrate", "up", .. on])).ShouldSucceed();
        PostgresAddress.Read(folder.Path).ShouldBeNull();

        await using var server = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions { Durable = false }, folder.Path);
        (await Cli.RunAsync(["accounts", "create", "--email", "user@example.com", "--password", "secret", .. on])).ShouldSucceed();
        (await Cli.RunAsync(["accounts", "list", .. on])).ShouldSucceed().Output.ShouldContain("user@example.com");
        PostgresAddress.Read(folder.Path).ShouldNotBeNull();
        (await Cli.RunAsync(["health", "--json", .. on])).ShouldSucceed().Json.GetProperty("private_server_was_started").GetBoolean().ShouldBeFalse();
        server.IsOwner.ShouldBeTrue();
    }

    [Theory]
    [InlineData("200 OK", ExitCode.Ok)]
    [InlineData("503 Service Unavailable", ExitCode.Failed)]
    public async Task Health_asks_a_running_server(string status, int code)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var request = AnswerAsync(listener, status);
        var ran = await Cli.RunAsync(["health", "--url", $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"]);
        (await request).ShouldStartWith("GET /health HTTP/1.1");
        ran.Code.ShouldBe(code, ran.Error);
        (ran.Output + ran.Error).ShouldContain("ailing");
        listener.Stop();
        if (code == ExitCode.Ok)
            (await Cli.RunAsync(["health", "--url", $"http://127.0.0.1:{FreePort.Next()}"])).ShouldFail(ExitCode.Failed, "cannot be asked");
    }

    private static async Task<string> AnswerAsync(TcpListener listener, string status)
    {
        using var client = await listener.AcceptTcpClientAsync();
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        var first = await reader.ReadLineAsync() ?? "";
        while (!string.IsNullOrEmpty(await reader.ReadLineAsync()))
        {
            // the rest of the header
        }

        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 7\r\nConnection: close\r\n\r\nailing\n"));
        return first;
    }
}
