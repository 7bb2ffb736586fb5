using Sora.EndToEnd.Tests.Servers;
using Sora.Testing;

namespace Sora.EndToEnd.Tests;

public sealed class ConfigurationTests
{
    [Fact]
    public async Task The_example_is_a_valid_configuration() =>
        await CommandRun.MustSucceedAsync("dotnet", [Programs.Sora, "config", "check", "--config", Path.Combine(Programs.Repository, "config.toml.example")]);

    [Fact]
    public async Task An_unknown_key_is_named_with_its_file_and_line()
    {
        using var folder = new TempFolder();
        var file = folder.File("config.toml");
        await File.WriteAllTextAsync(file, "[imap]\nlogin_timeout = \"1m\"\nlogin_timeuot = \"1m\"\n");
        var run = await CommandRun.RunAsync("dotnet", [Programs.Sora, "config", "check", "--config", file]);
        run.ExitCode.ShouldNotBe(0);
        run.All.ShouldContain("login_timeuot");
        run.All.ShouldMatch(@"config\.toml\D+3\D");
        run.All.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task A_port_in_use_is_one_readable_line()
    {
        using var folder = new TempFolder();
        var port = FreePort.NextRange(7);
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, port + 1);
        taken.Start();
        var run = await CommandRun.RunAsync(
            "dotnet", [Programs.Sora, "run", "--data", folder.File("data"), "--port-base", $"{port}", "--set", "database.embedded_server.durable=false"]);
        run.ExitCode.ShouldNotBe(0);
        run.All.ShouldContain($"127.0.0.1:{port + 1}");
        run.All.ShouldNotContain("   at ");
        Signals.WorkingBelow(folder.Path).ShouldBeEmpty();
    }
}
